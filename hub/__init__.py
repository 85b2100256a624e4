"""Who may ask for what: persons, partners, requirements, releases, and the doors."""
