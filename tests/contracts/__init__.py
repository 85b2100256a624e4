"""What we say to others is what we do."""
