"""What engineers watch: Dagster's assets and schedules, each a call with identifiers to a use case of the hub."""
