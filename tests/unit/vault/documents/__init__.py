"""Tests of the life of one document."""
