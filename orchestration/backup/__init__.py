"""Taking a backup of a running one-machine system, and bringing it back into an empty one."""
