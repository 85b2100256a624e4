"""Keys: the envelope, the master key, holder keys, digests."""
