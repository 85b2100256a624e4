"""Unit tests of connectors.post."""
