"""Mirrors hub.requirements."""
