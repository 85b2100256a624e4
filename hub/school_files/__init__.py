"""The single school file: evidence, what it is fit for, and what is satisfied or missing, line by line."""
