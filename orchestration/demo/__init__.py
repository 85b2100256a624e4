"""The story that shows a newcomer the whole journey."""
