"""Tests of what engineers watch and are told."""
