"""The one-machine stack, tried on the real servers."""
