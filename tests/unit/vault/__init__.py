"""Unit tests of custody."""
