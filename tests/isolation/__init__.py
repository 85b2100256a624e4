"""Who may see what: every route of a door tried by every kind of caller, and by one parent against the other."""
