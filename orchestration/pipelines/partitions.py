"""Which pieces the pipelines' work comes in: one per binding and day of Paris."""

import tomllib
from collections.abc import Sequence
from datetime import date
from importlib.resources import files

from dagster import DailyPartitionsDefinition, MultiPartitionKey, MultiPartitionsDefinition, StaticPartitionsDefinition

PARIS = "Europe/Paris"
BINDING = "binding"
DAY = "day"
CAISSE_FILES = "caisse-fichiers"


def binding_slugs(connector: str) -> Sequence[str]:
    """Return the names of one connector's bindings as the contracts list them; nothing else of them is read.

    Their addresses and secrets are for the process that calls; Dagster's pages show names only.
    """
    folder = files("contracts") / "bindings"
    texts = [one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".toml")]
    found = [tomllib.loads(text) for text in texts]
    return sorted(str(one["slug"]) for one in found if one["connector"] == connector)


def caisse_day(binding: str, day: date) -> MultiPartitionKey:
    """Return the partition of one binding and one day."""
    return MultiPartitionKey({BINDING: binding, DAY: day.isoformat()})


CAISSES = StaticPartitionsDefinition(binding_slugs(CAISSE_FILES))
# The offset makes today a partition: a hand-over may be asked for before the day is over.
DAYS = DailyPartitionsDefinition("2026-09-01", timezone=PARIS, end_offset=1)
CAISSE_DAYS = MultiPartitionsDefinition({BINDING: CAISSES, DAY: DAYS})
