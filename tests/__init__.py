"""Tests: real parts, made-up persons, small functions."""
