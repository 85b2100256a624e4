"""What only a person can decide: queues by body and service, one agent at a time, and what follows a decision."""
