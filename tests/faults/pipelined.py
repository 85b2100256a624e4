"""Dagster's daemon, its ticks, the database and a partner struck while nights are done: each child is handed over once.

What counts is the Caisse's folder: every line there, in files of different names, against every family whose day was done.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import psycopg
from dagster import DagsterInstance

from connectors.caisse_fichiers.reading import read
from hub.watching.wishes import WishKind, wish
from orchestration.agents import database
from orchestration.pipelines.instance import PREFIX
from orchestration.pipelines.wishes import launches
from tests.faults import acts
from tests.faults.nights import QUIET, night
from tests.faults.partners import Came
from tests.faults.storms import part_pid
from tests.faults.workers import spawn
from tests.journeys.doors import rows, value
from tests.piping import as_pipelines
from tests.system import System, eventually

SLUG, BODY = acts.BINDING, "caisse-13"
PATIENCE = 900.0
NAME = "Capucine Vraisemblance"
_BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId } } }"""
_BACKFILLS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
  __typename ... on PartitionBackfill { status } } }"""
_DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
_ENDED = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")


@dataclass
class Town:
    """A running system, the families whose files became complete, and on which day each did."""

    system: System
    families: dict[str, date] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask Dagster; a webserver that is away is asked again."""
        url = f"{self.system.places.url('dagster-web')}{PREFIX}/graphql"

        def look() -> dict[str, Any] | None:
            with suppress(httpx.TransportError):
                answer = httpx.post(url, json={"query": query, "variables": variables}, timeout=60)
                if answer.is_success and (found := answer.json().get("data")):
                    return dict(found)
            return None

        found: dict[str, Any] = eventually(look, within=PATIENCE)
        return found

    def settle(self, days: Sequence[date], *, moments: Sequence[datetime] = ()) -> None:
        """Bring as many families as days, or moments, to a complete file, each on its own."""
        made = [acts.family(self.system) for _ in moments or days]
        for step in (acts.deposit, acts.linked, acts.ask_canteen, acts.enrolled):
            for one in made:
                step(one)
        for number, one in enumerate(made):
            if moments:
                _complete_at(one, moments[number])
            else:
                acts.complete_on(one, days[number])
            self.families[one.parent.family_name.upper()] = days[min(number, len(days) - 1)]

    def wish(self, days: Sequence[date]) -> int:
        """Ask for days as the operator's terminal does."""
        with database(self.system.running.layout, told=False) as db, db.transaction() as tx:
            return wish(tx, WishKind.BINDING_DAY, SLUG, days, asked_by="faults", now=datetime.now(UTC))

    def wishes_end(self) -> None:
        """Wait until every wish has come to its end."""
        open_ones = "SELECT count(*) FROM hub.wish WHERE done_at IS NULL AND kind = 'binding_day'"
        eventually(lambda: value(self.system, open_ones) == 0, within=PATIENCE)

    def backfill(self, days: Sequence[date]) -> str:
        """Start a backfill of days of the Caisse, as Dagster's own page does."""
        told = {"assetSelection": [{"path": ["caisse_hand_over"]}], "partitionNames": [f"{SLUG}|{day}" for day in days]}
        answer = self.ask(_BACKFILL, p=told)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfill_ends(self, number: str) -> None:
        """Wait until a backfill has come to its end."""

        def look() -> bool:
            found = self.ask(_BACKFILLS, id=number)["partitionBackfillOrError"]
            return found.get("status") in _ENDED

        eventually(look, within=PATIENCE)

    def daemon_is_well(self) -> None:
        """Wait until Dagster's daemon is up."""

        def look() -> bool:
            states = self.ask(_DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
            return all(one["healthy"] for one in states if one["required"])

        eventually(look, within=PATIENCE)

    def judge(self, came: Came, days: Sequence[date]) -> Came:
        """Count each family of these days in the Caisse's folder, and what is in doubt."""
        drop = self.system.places.drops / BODY / "drop"
        files = [read(path.name, path.read_bytes()) for path in sorted(drop.glob("DSU_*.csv"))]
        told = Counter(line.family_name for one in files for line in one.lines)
        for family, day in self.families.items():
            if day in days:
                came.acts += 1
                came.counted(f"the family of {day}", told[family], 1)
        doubt = (
            "SELECT count(*) FROM hub.exchange WHERE binding = %(b)s AND state IN ('in_doubt', 'sending', 'planned')"
        )
        came.in_doubt = value(self.system, doubt, b=SLUG)
        came.recovery_s = time.monotonic() - self.begun
        return came


def _complete_at(one: acts.Family, moment: datetime) -> None:
    with psycopg.connect(one.parent.system.owner_dsn()) as connection:
        connection.execute(
            "UPDATE hub.satisfaction s SET since = %s FROM hub.enrolment_line l JOIN hub.school_file f USING (file_id)"
            " WHERE l.line_id = s.line_id AND f.child_id = %s",
            (moment, one.child),
        )


def _days(first: date, many: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(many)]


def _kill_daemon(town: Town) -> None:
    os.kill(part_pid(town.system, "dagster-daemon"), signal.SIGKILL)


def partner_away(town: Town) -> Came:
    """A Caisse whose folder is not there for three nights; once it is, the days are asked for again."""
    days = _days(date(2026, 9, 2), 3)
    town.settle(days)
    came, drop = Came(faults=3), town.system.places.drops / BODY / "drop"
    away = drop.rename(drop.with_name("away"))
    try:
        for day in days:
            town.wish([day])
        failed = "SELECT count(*) FROM hub.alert WHERE binding = %(b)s AND cause LIKE 'run:night:%%'"
        eventually(lambda: value(town.system, failed, b=SLUG) >= 1, within=PATIENCE)
    finally:
        away.rename(drop)
    # The failed ones are tried again by themselves.
    town.wishes_end()
    alerts = value(
        town.system, "SELECT count(*) FROM hub.alert WHERE cause LIKE 'run:night:%%' AND binding = %(b)s", b=SLUG
    )
    came.counted("alerts for one cause", alerts, 1)
    return town.judge(came, days)


def daemon_killed(town: Town) -> Came:
    """The daemon killed between a tick's claim and its launch, four times."""
    came, days = Came(), _days(date(2026, 9, 8), 4)
    town.settle(days)
    claimed = "SELECT count(*) FROM hub.wish WHERE attempts > 0 AND run_id IS NULL AND done_at IS NULL"
    for day in days:
        town.wish([day])
        eventually(lambda: value(town.system, claimed) > 0, within=PATIENCE)
        _kill_daemon(town)
        came.faults += 1
    town.wishes_end()
    return town.judge(came, days)


def tick_twice(town: Town) -> Came:
    """Four ticks at one moment: what they launch is launched once, and done in this process."""
    days = _days(date(2026, 9, 14), 3)
    town.settle(days)
    # The system's own daemon is the fifth that may get them.
    town.wish(days)
    came = Came(faults=4)
    with as_pipelines(town.system) as hub, DagsterInstance.ephemeral(settings=QUIET) as instance:
        with ThreadPoolExecutor(4) as threads:
            ticks = [threads.submit(launches, instance, hub) for _ in range(4)]
            found = [str(one.partition_key) for tick in ticks for one in tick.result() if one.partition_key]
        for key, many in Counter(found).items():
            came.counted(f"launches of {key}", many, 1)
        for day in days:
            for _ in range(2):
                night(instance, hub, SLUG, day)
    town.wishes_end()
    return town.judge(came, days)


def backfill_of_25_hours(town: Town) -> Came:
    """25 October, whose hour from two to three comes twice, backfilled twice while the daemon is killed."""
    day = date(2026, 10, 25)
    first, last = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)
    half_past_two = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    town.settle([day], moments=[first, *half_past_two, last])
    came = Came()
    numbers = [town.backfill([day])]
    for _ in range(2):
        _kill_daemon(town)
        came.faults += 1
        if len(numbers) < 2:
            numbers.append(town.backfill([day]))
        town.daemon_is_well()
    for number in numbers:
        town.backfill_ends(number)
    town.wish([day])
    town.wishes_end()
    return town.judge(came, [day])


def month_twice(town: Town) -> Came:
    """A month begun twice at the same moment, by two processes beside one another, as no queue would let them."""
    days = _days(date(2026, 9, 19), 30)
    town.settle(days[::6])
    told = ["tests.faults.nights", SLUG, str(days[0]), str(len(days))]
    months = [spawn(town.system, told, role="pipelines") for _ in range(2)]
    came = Came(faults=1)
    if any([month.wait(PATIENCE) for month in months]):  # noqa: C419 - both are waited for
        came.verdict.unexplained.append("a night of the month did not end well")
    twice = "SELECT natural_key FROM hub.exchange WHERE binding = %(b)s GROUP BY natural_key HAVING count(*) > 1"
    came.counted("exchanges of one day and file", len(rows(town.system, twice, b=SLUG)), 0)
    return town.judge(came, days)


def database_cut(town: Town) -> Came:
    """Every connection of the pipelines and of Dagster itself cut, again and again, in the middle of runs."""
    came, days, stop = Came(), _days(date(2026, 11, 2), 3), threading.Event()
    town.settle(days)
    # Each login may end what is its own.
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE usename = current_user AND pid <> pg_backend_pid()"
    )
    stores = town.system.stores
    places = (stores.dsn("unefois_pipelines"), stores.dsn("unefois_dagster", "dagster"))

    def strike() -> None:
        while not stop.wait(2.5):
            for place in places:
                with psycopg.connect(place) as connection:
                    connection.execute(cut)
            came.faults += 1

    town.wish(days)
    striking = threading.Thread(target=strike)
    striking.start()
    time.sleep(30)
    stop.set()
    striking.join()
    town.wishes_end()
    town.wish(days)
    town.wishes_end()
    return town.judge(came, days)


def name_in_exception(town: Town) -> Came:
    """A database that says a child's name in its error: nothing of it is in Dagster's tables, home or logs."""
    came, day = Came(faults=1), date(2026, 11, 9)
    town.settle([day])
    raising = f"""CREATE FUNCTION hub.fault() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no birth date for {NAME}' USING DETAIL = '{NAME}', HINT = '{NAME}'; END $$;
        CREATE TRIGGER fault BEFORE INSERT ON hub.exchange FOR EACH ROW EXECUTE FUNCTION hub.fault()"""
    with psycopg.connect(town.system.owner_dsn()) as owner:
        owner.execute(raising)
    try:
        town.wish([day])
        failed = "SELECT count(*) FROM hub.alert WHERE cause LIKE 'run:night:%%' AND day = %(d)s"
        eventually(lambda: value(town.system, failed, d=day) == 1, within=PATIENCE)
    finally:
        with psycopg.connect(town.system.owner_dsn()) as owner:
            owner.execute("DROP FUNCTION hub.fault() CASCADE")
    town.wishes_end()
    town.wish([day])
    town.wishes_end()
    for where, content in _kept(town.system).items():
        if any(word.encode() in content for word in NAME.split()):
            came.verdict.unexplained.append(f"a name in {where}")
    return town.judge(came, [day])


def _kept(system: System) -> dict[str, bytes]:
    """Everything that Dagster keeps: each of its tables, its home, its processes' words, and this home's own files."""
    found: dict[str, bytes] = {}
    with psycopg.connect(system.stores.dsn("unefois_dagster", "dagster")) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            lines = connection.execute(f'SELECT t::text FROM "{table}" t').fetchall()  # type: ignore[arg-type]  # a name of its own
            found[table] = "\n".join(str(line[0]) for line in lines).encode()
    assert len(found["event_logs"]) > 1000
    places = [*system.places.dagster_home.rglob("*"), *system.places.layout.logs.glob("dagster-*")]
    return found | {path.name: path.read_bytes() for path in places if path.is_file()}


STRIKES: dict[str, Callable[[Town], Came]] = {
    "pipelines_partner_away": partner_away,
    "pipelines_daemon_killed": daemon_killed,
    "pipelines_tick_twice": tick_twice,
    "pipelines_25_hours": backfill_of_25_hours,
    "pipelines_month_twice": month_twice,
    "pipelines_database_cut": database_cut,
    "pipelines_name_in_exception": name_in_exception,
}
