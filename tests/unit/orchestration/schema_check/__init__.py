"""Checking a folder of schemas in a child that reaches nothing."""
