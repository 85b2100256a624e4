"""Decisions come back: what a body decides about a line it has is written down, shown to its family, and reused by others."""
