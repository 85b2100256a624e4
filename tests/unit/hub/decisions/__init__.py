"""Decisions that come back, on a real database with a clock that tests move."""
