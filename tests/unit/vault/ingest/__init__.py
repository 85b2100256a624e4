"""Unit tests of reading hostile files in a limited child."""
