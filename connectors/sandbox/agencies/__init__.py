"""Agencies that we call, played: each keeps what it is told, checks every message, and misbehaves when told to."""
