"""Paris Familles: its codec alone."""
