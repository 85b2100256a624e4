"""Which pieces the pipelines' work comes in: one per binding and day of Paris."""

from datetime import date

from dagster import DailyPartitionsDefinition, MultiPartitionKey, MultiPartitionsDefinition, StaticPartitionsDefinition

from orchestration.pipelines.bindings import bound

PARIS = "Europe/Paris"
BINDING = "binding"
DAY = "day"
BINDING_TAG, DAY_TAG = f"dagster/partition/{BINDING}", f"dagster/partition/{DAY}"
"""What Dagster tags the runs of a partition with."""


def binding_day(binding: str, day: date) -> MultiPartitionKey:
    """Return the partition of one binding and one day."""
    return MultiPartitionKey({BINDING: binding, DAY: day.isoformat()})


BINDINGS = StaticPartitionsDefinition([one.slug for one in bound()])
# The offset makes today a partition: a hand-over may be asked for before the day is over.
DAYS = DailyPartitionsDefinition("2026-09-01", timezone=PARIS, end_offset=1)
BINDING_DAYS = MultiPartitionsDefinition({BINDING: BINDINGS, DAY: DAYS})
