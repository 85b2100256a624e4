"""The SOAP 1.1 dialect of one family of Caisses des écoles; our own invention, since no vendor's is public for us (README.md)."""
