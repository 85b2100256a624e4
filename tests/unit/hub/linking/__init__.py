"""Tests of the room where partners are linked to children."""
