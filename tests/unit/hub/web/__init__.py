"""The residents' pages: parser of the deposit form, rendering, and every page through the real door."""
