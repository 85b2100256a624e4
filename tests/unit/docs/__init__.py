"""Tests of the guides: what they name exists."""
