"""Tests of the City's notification store as a connector."""
