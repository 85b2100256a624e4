"""The doors in JSON: residents and partners."""
