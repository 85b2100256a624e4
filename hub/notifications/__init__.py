"""From one event to one delivery per body that may act on it."""
