"""What was said to partners and what they answered: sealed under keys that live for a day or a month, then destroyed."""
