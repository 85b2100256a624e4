"""Thin, signed notifications after Standard Webhooks 1.0."""
