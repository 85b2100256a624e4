"""Everything Dagster knows, listed."""

from dagster import Definitions, in_process_executor

from orchestration.pipelines.assets import CITY
from orchestration.pipelines.failures import failures
from orchestration.pipelines.nights import DECISIONS, NIGHT, SCHOOL_FILES
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.schedules import JOBS, SCHEDULES
from orchestration.pipelines.watching import WORKER, folders_watched, worker_checks, worker_watched
from orchestration.pipelines.wishes import wishes

defs = Definitions(
    assets=[*NIGHT, *CITY, SCHOOL_FILES, DECISIONS, WORKER],
    asset_checks=[worker_checks],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[failures, wishes, worker_watched, folders_watched],
    resources={"hub": HubResource()},
    executor=in_process_executor,
)
