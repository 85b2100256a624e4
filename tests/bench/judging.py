"""Judging school files again after a change of the catalogue: rows, opening of sealed values, and rules."""

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import psycopg

from contracts.calendar import paris_day
from hub.requirements.catalogue import FILES, Catalogue, load, read
from hub.schema.migrating import upgrade
from hub.school_files.reevaluating import reevaluate
from tests.assets.families import many, seed
from tests.bench.measuring import Row, seconds, spread
from tests.unit.vault.journal.postgres import running_postgres
from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.records import RecordSeals, RecordSigner
from vault.db import Database
from vault.documents.custody import Custody
from vault.standing import Purpose, standing
from vault.storage.memory import MemoryObjectStore

FILES_JUDGED = 10_000
GOAL = 500
ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")
RUNS = 3


def school_files_reevaluated() -> Iterator[Row]:
    """School files a second of one core's time: each has five services and four sealed papers, and is judged whole.

    Processor time of this process and of the database together, so that who else is on the machine does not matter.
    """
    with running_postgres() as url:
        custody = _worker(url)
        today = paris_day(custody.now())
        began = datetime(today.year, today.month, 1, tzinfo=UTC)
        # Papers come in by a hand that may make their holders' keys, which judging may not.
        with standing(purpose=Purpose.SAFETY):
            seed(url, custody, many(FILES_JUDGED, today), received_at=began, until=date(today.year + 1, 8, 31))
        first = _rate(url, custody, load())
        whole = [_rate(url, custody, _changed(number)) for number in range(RUNS)]
        one = [_rate(url, custody, _changed(RUNS, residence_only=number % 2 == 1)) for number in range(RUNS)]
        custody.db.close()
    rates = [found.of_core for found in whole]
    middle = statistics.median(rates)
    wall = statistics.median(found.of_clock for found in whole)
    yield Row(
        "school_files_reevaluated",
        round(middle),
        "1/s",
        f"≥ {GOAL}",
        middle >= GOAL,
        spread=spread(rates),
        repetitions=RUNS,
        note=f"of one core, client and database; {wall:.0f}/s by the clock. {FILES_JUDGED} files, every requirement touched,"
        f" {4 * FILES_JUDGED} papers opened, one fit a file turns; fsync off; first judging of all: {first.of_core:.0f}/s",
    )
    narrow = [found.of_core for found in one]
    yield Row(
        "school_files_reevaluated_one_rule",
        round(statistics.median(narrow)),
        "1/s",
        spread=spread(narrow),
        repetitions=RUNS,
        note="only the requirement « residence » changed: its service's papers are opened, the others stay shut",
    )


@dataclass(frozen=True)
class _Rate:
    """Files a second: of processor time, and by the clock."""

    of_core: float
    of_clock: float


def _rate(url: str, custody: Custody, catalogue: Catalogue) -> _Rate:
    done: list[int] = []

    def judge() -> None:
        report = reevaluate(custody, catalogue)
        assert report.finished
        done.append(report.files)

    before = time.process_time() + _database_seconds(url)
    took = seconds(judge)
    used = time.process_time() + _database_seconds(url) - before
    assert done == [FILES_JUDGED]
    return _Rate(FILES_JUDGED / used, FILES_JUDGED / took)


def _database_seconds(url: str) -> float:
    """Processor time of the server and all its processes, also of those that have ended."""
    with psycopg.connect(url.replace("+psycopg", "")) as owner:
        server = _fields(owner.info.backend_pid)[PARENT]
        told = [_fields(int(one.name)) for one in Path("/proc").iterdir() if one.name.isdigit()]
    processes = [one for one in told if one and server in (one[0], one[PARENT])]
    ticks = sum(int(one[at]) for one in processes for at in (UTIME, STIME))
    ticks += sum(int(one[at]) for one in processes if one[0] == server for at in (UTIME + 2, STIME + 2))
    return ticks / os.sysconf("SC_CLK_TCK")


PARENT, UTIME, STIME = 3, 13, 14
"""Places in a line of /proc/PID/stat."""


def _fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return []
    head, _, tail = text.rpartition(")")
    return [head.partition(" ")[0], "", *tail.split()]


def _changed(number: int, *, residence_only: bool | None = None) -> Catalogue:
    """The catalogue with another age limit for a bill, which turns one fit of each file, back and forth."""
    texts = {name: (files("contracts.catalogue") / f"{name}.toml").read_text(encoding="utf-8") for name in FILES}
    turned = number % 2 == 0 if residence_only is None else residence_only
    if turned:
        texts["evidence_types"] = texts["evidence_types"].replace("validity_months = 3", "validity_months = 1", 1)
    if residence_only is None:
        # A day that means nothing to any fit and is part of every requirement.
        day = f"in_force_from = 2015-01-{number + 1:02d}"
        for name in ("services", "evidence_types"):
            texts[name] = texts[name].replace("in_force_from = 2020-09-01", day)
            for other in ("2020-07-01", "2016-01-01", "2018-06-01"):
                texts[name] = texts[name].replace(f"in_force_from = {other}", day)
    else:
        texts |= {name: _undone(texts[name]) for name in ("services", "evidence_types")}
    return read(texts, f"bench-{number}-{turned}")


def _undone(text: str) -> str:
    """The same days as the last run that touched everything."""
    day = f"in_force_from = 2015-01-{RUNS:02d}"
    for other in ("2020-09-01", "2020-07-01", "2016-01-01", "2018-06-01"):
        text = text.replace(f"in_force_from = {other}", day)
    return text


def _worker(url: str) -> Custody:
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain) as owner:
        for role in ROLES:
            owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'of-this-bench'".encode())
    upgrade(url)
    login = url.replace("//postgres:", "//unefois_worker:").split("@")
    address = f"{login[0].rpartition(':')[0]}:of-this-bench@{login[1]}"
    signer = RecordSigner.generate()
    return Custody(
        db=Database.connect(address, pool_size=1),
        objects=MemoryObjectStore(),
        keys=HolderKeys(MemoryMasterKey.generate()),
        duplicates=DuplicateKey(bytes(32)),
        records=RecordSeals(signer, signer.verifier),
        max_document_bytes=1_000_000,
        now=lambda: datetime.now(UTC),
    )
