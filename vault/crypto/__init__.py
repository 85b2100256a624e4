"""Envelope encryption and key files; the only room that sees keys."""
