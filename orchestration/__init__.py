"""When, in what order, how often again; no business rule and no bytes."""
