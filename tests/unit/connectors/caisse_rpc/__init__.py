"""The older dialect of the Caisses."""
