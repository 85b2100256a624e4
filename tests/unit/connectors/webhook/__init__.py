"""Unit tests of connectors.webhook."""
