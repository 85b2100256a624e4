"""What engineers watch: counts of what waits, alerts told once per cause, chores asked of the worker, wishes to the pipelines."""
