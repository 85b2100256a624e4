"""Custody: documents go in sealed, come out only after a journal entry, and every touch is recorded."""
