"""Paris Familles over REST, after the conventions of the City's identity store; the dialect is ours, invented."""
