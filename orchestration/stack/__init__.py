"""The one-machine system: PostgreSQL, an object store and our own processes, started, watched and stopped together."""
