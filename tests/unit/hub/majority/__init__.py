"""What passes at eighteen."""
