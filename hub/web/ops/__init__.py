"""The operators' console: exchanges with partners, what waits for a person, repeats, and the pipelines behind it."""
