"""What a service takes, what is good for it, and the school file that follows."""
