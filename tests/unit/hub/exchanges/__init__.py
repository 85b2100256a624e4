"""Tests of what is asked of the outside and what becomes of the answer."""
