"""The residents' pages, rendered on the server."""
