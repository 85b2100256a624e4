"""Unit tests of connectors.oidc."""
