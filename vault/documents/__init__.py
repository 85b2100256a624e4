"""The life of one document, from deposit to erasure."""
