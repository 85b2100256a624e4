"""The doors' own reading of what comes in."""
