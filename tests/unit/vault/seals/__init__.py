"""Unit tests of the verification of seals."""
