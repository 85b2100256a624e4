"""Figures, each measured beside what it is set against."""
