"""Two parents of one child in two homes, twice over: what the first does unseen happens in one of the two worlds only."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.rows import dict_row

from hub import bootstrap, quotas
from hub.app import residents
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.isolation.filling import SAFE, Filler, Route, routes_of
from tests.journeys.doors import AT_WORK, person_id, rows, value
from tests.journeys.test_confirming import LINK
from tests.system import Resident, System, eventually, gone
from vault import db
from vault.settings import VaultSettings

UNSIGNED = "SELECT count(*) AS n FROM vault.journal_pending"
UNTOLD = "SELECT count(*) AS n FROM hub.delivery WHERE state = 'due' AND subject = ANY(%(subjects)s::uuid[])"
TOLD = """SELECT DISTINCT slug FROM hub.delivery JOIN hub.partner USING (siret) WHERE subject = ANY(%(subjects)s::uuid[])"""
NAMES = """SELECT value FROM hub.pseudonym JOIN hub.enrolment_line ON line_id = subject_id
           WHERE payer_id = ANY(%(payers)s::uuid[])"""
SHARED = {"child_id", "file_id", "correlation_id"}
"""Columns that lead from one parent to the other: the child is both's."""
OF_THE_REQUEST = {"date", "x-correlation-id", "ratelimit", "ratelimit-policy", "retry-after", "upload-expires"}
OF_THE_TEXT = {"content-length", "set-cookie"}
"""Headers that follow from the text, which is compared, or from chance."""
NAMED = {"x-correlation-id": "asked-by-a-test"}
UPLOADING = {"tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream"}
OF_EVERYBODY = {
    "GET /v1/figures": "counts of the whole city, published",
    "GET /v1/authorisations/{authorisation}/record": "proofs in the one journal that holds everybody's entries",
    "GET /v1/releases/{release}/receipt": "the same",
    "GET /acces/{release}/recu": "the same",
    "GET /v1/documents/{document_id}/destruction-certificate": "signed, over the numbers of its own world",
    "GET /documents/{document_id}/certificat": "the same",
}
"""Routes whose text changes with whatever anybody does; their statuses and headers are compared all the same."""
KINDS = {
    "document_id": "vault.document",
    "other_id": "vault.document",
    "line": "hub.enrolment_line",
    "line_id": "hub.enrolment_line",
    "release": "hub.release",
    "review_id": "hub.review",
    "confirmation": "hub.confirmation",
    "authorisation": "hub.reuse_grant",
    "information": "hub.rights_information",
    "information_id": "hub.rights_information",
    "request_id": "hub.request",
    "receipt_id": "hub.receipt",
    # No identifier: a word that few tries a minute are given for.
    "code": "hub.account",
}
"""Which table's identifiers a parameter wants; a new parameter is tried with those of every table until it is here."""
FREE = {"way", "theme", "page", "provider", "slug", "reference"}
"""Parameters that name nothing of a person's."""
LAST = ("POST /sign-out",)
"""What ends the session it is asked with."""


@dataclass(frozen=True)
class Seen:
    """One answer as far as its reader could tell anything from it; ``cost`` is how often the database was asked."""

    name: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    cost: int | None

    def beside(self, other: "Seen") -> str:
        """Where this answer differs from another; nothing where it does not."""
        if self == other:
            return ""
        if self.text == other.text:
            return f"{self} / {other}"
        same = next(n for n in count() if self.text[n : n + 1] != other.text[n : n + 1])
        near = slice(max(0, same - 120), same + 160)
        return f"{self.name}: {self.status} {self.text[near]!r} / {other.status} {other.text[near]!r}"


@dataclass
class Home:
    """A door in this process, so that what it asks of the database can be counted."""

    system: System
    client: TestClient
    routes: list[Route]
    filler: Filler
    asked: list[int]

    def asks(self, person: Resident, route: Route, told: str, **body: Any) -> tuple[httpx.Response, int]:
        """Ask as ``person`` would; return the answer and how many statements it took."""
        before = self.asked[0]
        cookies = {"unefois_session": person.http.cookies["unefois_session"]}
        headers = NAMED | {"cookie": "; ".join(f"{name}={said}" for name, said in cookies.items())}
        headers |= UPLOADING if route.path.startswith("/v1/uploads") else {}
        answer = self.client.request(route.method, route.address(told), headers=headers, **body)
        return answer, self.asked[0] - before


@contextmanager
def home_of(running: System) -> Iterator[Home]:
    """The residents' door with the settings of the running one."""
    with pytest.MonkeyPatch.context() as told, ExitStack() as ending:
        for name, said in environment.door("test", running.places, running.stores).items():
            told.setenv(name, said)
        # Nothing but requests may ask the database while requests are counted.
        told.setattr(quotas, "_SYNC_EVERY", 3600.0)
        asked = [0]
        for owner, name in ((db.ReadTx, "execute"), (db, "together")):
            told.setattr(owner, name, _counting(getattr(owner, name), asked))
        app = residents(bootstrap.door(VaultSettings(), HubSettings()))  # type: ignore[call-arg]  # read from the environment
        client = ending.enter_context(TestClient(app, base_url=running.door_url, follow_redirects=False))
        yield Home(running, client, routes_of(app), Filler(app.openapi()), asked)


def _counting(function: Callable[..., Any], asked: list[int]) -> Callable[..., Any]:
    def counted(*given: Any, **named: Any) -> Any:
        asked[0] += 1
        return function(*given, **named)

    return counted


@dataclass
class World:
    """Two parents of one child; ``hidden`` says whether what the first does unseen happens here."""

    system: System
    first: Resident
    second: Resident
    child: str
    hidden: bool
    seen: list[Seen] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    """What only the first parent was given: addresses of uploads, tickets."""
    _numbers: dict[str, str] = field(default_factory=dict)

    def note(self, answer: httpx.Response, name: str, cost: int | None = None) -> None:
        """Remember what the second parent was answered."""
        told = {key: said for key, said in answer.headers.items() if key not in OF_THE_REQUEST | OF_THE_TEXT}
        kept = tuple(sorted((key, self.plain(said)) for key, said in told.items()))
        text = "" if name.partition(" <")[0] in OF_EVERYBODY and answer.is_success else self.plain(answer.text)
        self.seen.append(Seen(name, answer.status_code, kept, text, cost))

    def plain(self, text: str) -> str:
        """A text with this world's names, numbers and moments in the place where the other world has its own."""
        for place, name in enumerate(self._names()):
            text = re.sub(re.escape(name), f"<name {place}>", text, flags=re.IGNORECASE)
        text = UUIDS.sub(lambda found: self._number(found[0].lower()), text)
        return CHANGING.sub("<chance>", LENGTHS.sub("<length>", MOMENTS.sub("<moment>", text)))

    def _number(self, identifier: str) -> str:
        return self._numbers.setdefault(identifier, f"<number {len(self._numbers)}>")

    def _names(self) -> Iterator[str]:
        yield from (self.second.persona, self.first.persona)
        for one in (self.first, self.second):
            yield from (one.family_name, one.given_name)
        yield from (child.first_names for one in (self.first, self.second) for child in one.children)


UUIDS = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+\d\d:\d\d)|\b\d{1,2}\s?[h:]\s?\d\d(?:[:.]\d+)*\b")
LENGTHS = re.compile(r'"length":\d+|\d+\sKo')
"""Of a paper, which has the names of its world on it."""
CHANGING = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){2}\b|(?<![\w-])[\w-]{22,}(?![\w-])")


def world(system: System, *, hidden: bool) -> World:
    """A family of two homes; both parents' links are proved and both have joint authority."""
    first = Resident(system, quotient=742)
    first.children = (first.child(),)
    first.sign_in()
    child = first.linked_child(first.children[0])
    second = Resident(system)
    second.children = (second.child(),)
    second.sign_in()
    rows(system, LINK, adult=person_id(second), child=child, authority="joint")
    return World(system, first, second, child, hidden)


def at_rest(system: System) -> None:
    """Wait until no job is left and the journal has taken in every entry."""
    gone(lambda: rows(system, AT_WORK) or value(system, UNSIGNED))


def partners_rest(world: World) -> None:
    """Wait until the bodies of both parents' lines fetched what they were told of, in a moment of their own.

    As long as they can be expected to: another test may have left one of them away.
    """
    payers = [person_id(one) for one in (world.first, world.second)]
    subjects = [str(row["value"]) for row in rows(world.system, NAMES, payers=payers)]
    slugs = [row["slug"] for row in rows(world.system, TOLD, subjects=subjects)]

    def fetched() -> bool:
        if value(world.system, UNTOLD, subjects=subjects):
            return False
        for received in map(world.system.received, slugs):
            asked = {one["message"] for one in received["asks"]}
            if any(one["subject"] in subjects and one["message"] not in asked for one in received["notifications"]):
                return False
        return True

    with suppress(AssertionError):
        eventually(fetched, within=30)
    at_rest(world.system)


def sweep(home: Home, pair: tuple[World, World]) -> None:
    """Have both second parents try every route: with what is theirs, then with what is the first's, or nobody's.

    In one world the first parent has what the identifiers name; in the other they are made up.
    """
    own = [identifiers_of(one.second) for one in pair]
    assert own[0].keys() == own[1].keys()
    for route in home.routes:
        if route.method in SAFE:
            _each(home, pair, route, (own[0], own[1]))
    foreign = _foreign(pair[0])
    strange = {name: _made_up(word) for name, word in foreign.items()}
    for route in sorted(home.routes, key=lambda one: (one.name in LAST, one.method not in SAFE)):
        if route.parameters or route.method not in SAFE:
            _each(home, pair, route, (foreign, strange))


def own_pages(home: Home, person: Resident) -> list[tuple[str, int, str]]:
    """Everything a person reads without naming anything."""
    plain = [one for one in home.routes if one.method == "GET" and not one.parameters and one.name not in OF_EVERYBODY]
    answers = [(one.name, home.asks(person, one, "")[0]) for one in plain]
    return [(name, answer.status_code, CHANGING.sub("", answer.text)) for name, answer in answers]


def _each(home: Home, pair: tuple[World, World], route: Route, told: tuple[dict[str, str], dict[str, str]]) -> None:
    read = route.method in SAFE
    for name in _fitting(home.filler, route, told[0]):
        words = [one.get(name, "") for one in told]
        for bodies in zip(*(home.filler.bodies(route, word) for word in words), strict=True):
            asked = list(zip(pair, words, bodies, strict=True))
            answers = [home.asks(one.second, route, word, **body) for one, word, body in asked]
            costs = [cost for _, cost in answers]
            if read and costs[0] != costs[1]:
                # The first look through a connection may cost more than the next.
                costs = [home.asks(one.second, route, word, **body)[1] for one, word, body in asked]
            for one, (answer, _), cost in zip(pair, answers, costs, strict=True):
                one.note(answer, f"{route.name} <{name}>", cost if read else None)


def _fitting(filler: Filler, route: Route, told: dict[str, str]) -> list[str]:
    """Those identifiers that a parameter's name speaks of; of a parameter that says nothing, or of a body, all."""
    if not route.parameters and list(filler.bodies(route, "one")) == list(filler.bodies(route, "two")):
        return [""]
    wanted = {KINDS[one] for one in route.parameters if one in KINDS}
    if not wanted or len(wanted) < len(set(route.parameters) - FREE):
        return list(told)
    return [name for name in told if name in wanted] or list(told)[:1]


def _foreign(world: World) -> dict[str, str]:
    own = set(identifiers_of(world.second).values())
    # One name for each: several tables know a paper by the same number.
    known = sorted(identifiers_of(world.first).items(), key=lambda one: one[0] in KINDS.values())
    told = {word: name for name, word in known if word not in own}
    found = {name: word for word, name in told.items()}
    return found | {f"token {place}": token for place, token in enumerate(sorted(world.tokens)[:2])}


def _made_up(word: str) -> str:
    return str(uuid4()) if UUIDS.fullmatch(word) else secrets.token_urlsafe(len(word))[: len(word)]


def identifiers_of(person: Resident) -> dict[str, str]:
    """One identifier of every table that holds something of a person's, by the table's name."""
    found = {"hub.person": str(person_id(person))}
    with psycopg.connect(person.system.owner_dsn(), autocommit=True, row_factory=dict_row) as owner:
        for _ in range(3):
            for table, (key, columns) in _tables(person.system.owner_dsn()).items():
                where = " OR ".join(f'"{column}" = ANY(%(known)s)' for column in columns - SHARED)
                newest = f'SELECT "{key}" AS key FROM {table} WHERE {where} ORDER BY 1 DESC LIMIT 1'
                known = [UUID(one) for one in found.values()]
                row = owner.execute(newest.encode(), {"known": known}).fetchone()
                if row is not None:
                    found.setdefault(table, str(row["key"]))
        entry = "SELECT max(entry_id::text) AS key FROM vault.journal_record WHERE subjects @> ARRAY[%(who)s::uuid]"
        newest_entry = owner.execute(entry.encode(), {"who": found["hub.person"]}).fetchone()
    if newest_entry is not None and newest_entry["key"] is not None:
        found["vault.journal_record"] = newest_entry["key"]
    return found


@cache
def _tables(owner: str) -> dict[str, tuple[str, set[str]]]:
    columns = """SELECT c.table_schema || '.' || c.table_name AS name, c.column_name, k.column_name AS key
                 FROM information_schema.columns c
                 JOIN information_schema.key_column_usage k USING (table_schema, table_name)
                 JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name)
                 JOIN information_schema.columns u ON (u.table_schema, u.table_name, u.column_name)
                      = (k.table_schema, k.table_name, k.column_name) AND u.data_type = 'uuid'
                 WHERE c.table_schema IN ('hub', 'vault') AND c.data_type = 'uuid' AND t.constraint_type = 'PRIMARY KEY'
                   AND k.ordinal_position = 1 ORDER BY 1"""
    found: dict[str, tuple[str, set[str]]] = {}
    with psycopg.connect(owner, row_factory=dict_row) as connection:
        told = connection.execute(columns.encode()).fetchall()
    assert {row["name"] for row in told} >= set(KINDS.values())
    for row in told:
        found.setdefault(row["name"], (row["key"], set()))[1].add(row["column_name"])
    return {name: (key, all_of) for name, (key, all_of) in found.items() if all_of - SHARED and key not in SHARED}
