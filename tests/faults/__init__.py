"""Kill it anywhere and look."""
