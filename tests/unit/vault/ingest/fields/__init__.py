"""Reading typed values from words."""
