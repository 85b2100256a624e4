"""Authorisations to reuse papers: asked for, given, paused, taken back; both sides are told, and each step can be proved."""
