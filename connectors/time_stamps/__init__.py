"""Time-stamps of an outside authority (RFC 3161): asked for here, verified by anyone who holds the authority's root."""
