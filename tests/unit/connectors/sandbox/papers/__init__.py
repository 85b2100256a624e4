"""Unit tests of the demo papers."""
