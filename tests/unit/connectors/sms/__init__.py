"""Unit tests of connectors.sms."""
