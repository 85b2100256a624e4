"""Mirrors hub.requests."""
