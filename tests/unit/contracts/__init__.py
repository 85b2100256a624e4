"""Mirrors contracts."""
