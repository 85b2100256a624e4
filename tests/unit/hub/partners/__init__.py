"""Mirrors hub.partners."""
