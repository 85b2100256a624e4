"""Typed values from the words of a paper: where labels stand, what stands beside them, and what a value may look like."""
