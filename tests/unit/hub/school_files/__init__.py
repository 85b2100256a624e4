"""Mirrors hub.school_files."""
