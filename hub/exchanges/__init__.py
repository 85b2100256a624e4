"""Conversations with outside systems, written down before anything is sent."""
