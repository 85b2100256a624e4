"""The life of authorisations, as the database enforces it."""
