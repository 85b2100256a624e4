"""Tests of what several machines need before their processes start."""
