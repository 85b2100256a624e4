"""Which partner is linked to which child: by the family's one-time code, or by an agent whom a civil status was put to."""
