"""Checking a folder of schemas: gathered by a process that may read, compiled by one that may do nothing."""
