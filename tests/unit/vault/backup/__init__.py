"""Tests of sealed backup files."""
