"""Mirrors hub."""
