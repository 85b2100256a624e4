"""Unit tests of connectors.api_particulier."""
