"""Mandates: a person lets a helper act for them, on some themes, until a day, and takes each theme back by itself."""
