"""Unit tests of the outside, translated."""
