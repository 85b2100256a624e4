"""What we learn about a document after deposit, from its bytes alone, in a child that can touch nothing."""
