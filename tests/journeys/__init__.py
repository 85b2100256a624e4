"""Whole ways through the real doors, one promise a test."""
