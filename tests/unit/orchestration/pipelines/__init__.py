"""Dagster's part, run in process on an instance that lives in memory."""
