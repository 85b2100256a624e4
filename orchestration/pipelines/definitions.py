"""Everything Dagster knows, listed."""

from dagster import Definitions, in_process_executor

from orchestration.pipelines.assets import caisse_hand_over, journal_verified
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.schedules import hand_over, hand_over_nightly, journal_nightly, verify_journal

defs = Definitions(
    assets=[caisse_hand_over, journal_verified],
    jobs=[hand_over, verify_journal],
    schedules=[hand_over_nightly, journal_nightly],
    resources={"hub": HubResource()},
    # One process a run: an op is a call of some milliseconds, a process of its own would cost a second.
    executor=in_process_executor,
)
