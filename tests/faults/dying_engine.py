"""One exchange, planned and carried by a process that kills itself at the N-th durable step: before or after it.

The worker's own settings and stores, a played Caisse over HTTP. Prints the state it left when it came through.
"""

import argparse
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from connectors.caisse.commands import Child, Command, Line, Register, Reserve
from connectors.http import HttpTransport
from connectors.port import Binding
from connectors.registry import ENGINE_CODECS
from contracts.identifiers import Siret
from hub.bootstrap import back, read_settings
from hub.exchanges.carrying import Engine
from hub.exchanges.planning import plan
from hub.exchanges.ways import Way
from tests.faults.dying_worker import Points, watch
from tests.system import CAISSE
from vault.standing import standing

ACTS = {
    "register_natural": ("soap", "register"),
    "reserve_looked_up": ("soap", "reserve"),
    "reserve_in_doubt": ("rpc", "reserve"),
}
"""A write of each class that a Caisse knows, by the dialect it is said in."""


def command_of(operation: str, key: UUID) -> Command:
    """A command about nobody, under a key of its own."""
    if operation == "reserve":
        return Reserve(session=key, line=key, days=(date(2026, 12, 1),))
    child = Child(reference=key, family_name="Nobody", first_name="Nobody", birth_date=date(2019, 1, 1))
    return Register(line=Line(line=key, child=child, service="canteen", school_year="2026-2027"))


def way_of(url: str, dialect: str, folder: Path) -> Way:
    """The way to the Caisse played in a dialect."""
    slug = f"caisse-{dialect}"
    secrets = {
        kind: SecretStr((folder / f"{slug}.{kind}").read_text(encoding="utf-8")) for kind in ("login", "password")
    }
    codec = ENGINE_CODECS[f"caisse-{dialect}"]
    binding = Binding(slug, f"{url}/caisses/{slug}/{dialect}", Siret(CAISSE), secrets)
    return Way(codec, binding, HttpTransport(codec.manifest.limits, origin=url))


def main() -> None:
    """``python -m tests.faults.dying_engine ACT KEY URL FOLDER [--at N] [--report FILE] [--ahead MINUTES]``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=ACTS)
    parser.add_argument("key", type=UUID)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--at", default=None)
    parser.add_argument("--report", type=Path, default=None)
    parser.add_argument("--ahead", type=int, default=0, help="minutes: the lease of who died before is over")
    told = parser.parse_args()
    watch(Points(told.at, told.report))
    parts = back(*read_settings())
    clock = parts.custody.now
    ahead = [timedelta(minutes=told.ahead)]
    custody = replace(parts.custody, now=lambda: clock() + ahead[0])
    dialect, operation = ACTS[told.act]
    way, command = way_of(told.url, dialect, told.folder), command_of(operation, told.key)
    way.codec.manifest.__dict__["closed"] = ()  # the hour at which this runs is nobody's business
    with standing(partner=way.binding.siret), custody.db.transaction() as tx:
        exchange_id = plan(tx, custody, (way.codec, way.binding), command, correlation="faults").exchange_id
    for _ in range(1 if told.at else 4):
        carried = Engine(custody).carry(way, exchange_id)
        ahead[0] += timedelta(minutes=20)
    print(carried.state)


if __name__ == "__main__":
    main()
