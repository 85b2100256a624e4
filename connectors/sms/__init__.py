"""Text messages through the City's gateway: the codec of its two operations, and the way that carries them."""
