"""``python -m tests.faults.nights BINDING FIRST MANY``: so many nights of a binding in this process, as the pipelines are told."""

import sys
from datetime import date, timedelta

from dagster import DagsterInstance

from orchestration.pipelines.definitions import defs
from orchestration.pipelines.partitions import binding_day
from orchestration.pipelines.resources import HubResource

QUIET = {"telemetry": {"enabled": False}}


def night(instance: DagsterInstance, hub: HubResource, binding: str, day: date) -> bool:
    """Do one night; tell whether it ended well."""
    job, key = defs.resolve_job_def("night"), binding_day(binding, day)
    return job.execute_in_process(
        instance=instance, partition_key=key, resources={"hub": hub}, raise_on_error=False
    ).success


def main() -> int:
    """Do every night, also after one that failed; 0 when all ended well."""
    binding, first, many = sys.argv[1], date.fromisoformat(sys.argv[2]), int(sys.argv[3])
    with DagsterInstance.ephemeral(settings=QUIET) as instance:
        hub = HubResource(again_in=0.5)
        ended = [night(instance, hub, binding, first + timedelta(days=number)) for number in range(many)]
    return int(not all(ended))


if __name__ == "__main__":
    sys.exit(main())
