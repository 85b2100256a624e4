"""Releases: marks and receipts, without a system."""
