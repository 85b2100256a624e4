"""What we say to others and to ourselves: names and shapes, nothing that runs."""
