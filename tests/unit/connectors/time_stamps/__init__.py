"""Unit tests of connectors.time_stamps."""
