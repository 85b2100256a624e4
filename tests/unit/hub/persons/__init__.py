"""Mirrors hub.persons."""
