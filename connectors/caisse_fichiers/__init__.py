"""The file format of one Caisse des écoles; our own invention, since no vendor's is public for us (see README.md)."""
