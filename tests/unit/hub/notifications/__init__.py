"""What partners are told: the feed, the lanes, and what is signed."""
