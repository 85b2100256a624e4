"""Mirrors hub.deposits."""
