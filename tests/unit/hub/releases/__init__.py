"""Releases: grounds on a real database; marks and receipts without a system."""
