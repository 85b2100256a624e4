"""The older cousin: RPC with one XML document inside a string, ISO-8859-1, capital letters only; our own invention (README.md)."""
