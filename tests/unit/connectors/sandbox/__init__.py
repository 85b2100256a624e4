"""Unit tests of connectors.sandbox."""
