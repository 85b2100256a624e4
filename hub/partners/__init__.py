"""Public bodies we exchange with: agreements, credentials, pseudonyms."""
