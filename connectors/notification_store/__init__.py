"""The City's notification store, version 3: where a request stands, on the resident's own dashboard."""
