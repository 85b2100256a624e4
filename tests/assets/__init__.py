"""Files to test against, made by small generators; nothing of the outside world."""
