"""Agencies over REST: their codecs alone."""
