"""Every touch, written down with the act that made it, in a Merkle log that cannot be rewritten unseen."""
