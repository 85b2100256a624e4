"""Cases that need the engine: killed anywhere, asked twice, starved, and forgotten in time."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from connectors.sandbox.wire import Answer
from contracts.outcomes import OutcomeKind
from hub.errors import ExchangeInFlight, PayloadDiffers
from hub.exchanges.carrying import Engine
from hub.exchanges.folders_in import folder_effects, look
from hub.exchanges.planning import State, plan
from hub.exchanges.traffic import carry_out
from hub.exchanges.ways import Way
from orchestration.conforming.kit import Case, require
from orchestration.conforming.subjects import NOW, Stage, Subject, about, binding_of, line_of
from tests.unit.hub.school_files.conftest import Place
from vault.bodies.culling import cull
from vault.bodies.keeping import open_body
from vault.documents.custody import Custody
from vault.errors import BodyGone
from vault.standing import standing

LONG = timedelta(minutes=30)


def engine_cases(subject: Subject, place: Place) -> dict[str, Case]:
    """The cases for one connector on one database."""
    of: dict[str, Callable[[Subject, Place], None]] = {
        "C07": killed_anywhere,
        "C08": asked_twice,
        "C18": not_starved,
        "C21": forgotten_in_time,
    }
    return {name: partial(case, subject, place) for name, case in of.items()}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Fuse:
    """Ends the process at the N-th durable step: before or after it."""

    at: int
    passed: int = 0

    def point(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed

    @property
    def blew(self) -> bool:
        return self.passed >= self.at


class FusedDatabase:
    """A database whose commits are durable steps."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as tx:
            yield tx
            self._fuse.point()
        self._fuse.point()


class FusedStore:
    """A store whose objects are durable steps."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def put(self, *args: Any) -> None:
        self._fuse.point()
        self._inner.put(*args)
        self._fuse.point()


@dataclass
class FusedWay:
    """A way out on which one dies before, or after the partner did it."""

    inner: Any
    fuse: Fuse

    def send(self, request: Any) -> Any:
        self.fuse.point()
        exchange = self.inner.send(request)
        self.fuse.point()
        return exchange


def fused(custody: Custody, fuse: Fuse) -> Custody:
    return replace(custody, db=FusedDatabase(custody.db, fuse), objects=FusedStore(custody.objects, fuse))  # type: ignore[arg-type]  # stands in its place


def staged(subject: Subject, place: Place) -> tuple[Stage, Way]:
    """A partner with books of its own, and a binding that no other test uses; the clock is the place's."""
    stage = Stage(subject)
    stage.binding = binding_of(f"kit-{uuid4().hex[:12]}")
    place.clock[0] = NOW
    stage.partner.now = lambda: NOW  # type: ignore[attr-defined]  # every played Caisse has a clock
    return stage, Way(stage.codec, stage.binding, stage.way)


def written_down(custody: Custody, way: Way, command: Any) -> UUID:
    with standing(partner=way.binding.siret), custody.db.transaction() as tx:
        return plan(tx, custody, (way.codec, way.binding), command, correlation="kit").exchange_id


def killed_anywhere(subject: Subject, place: Place) -> None:
    """C07: each write, killed at each durable step until none is left."""
    for command in subject.commands:
        if command in subject.reads:
            continue
        for at in range(1, 40):
            if not _killed_at(subject, place, command, at):
                break
        else:
            raise AssertionError("it never ended")


def _killed_at(subject: Subject, place: Place, command: Any, at: int) -> bool:
    stage, way = staged(subject, place)
    if (first := subject.first.get(command.operation)) is not None:
        stage.ask(first)
    effects = stage.partner.books.effects  # type: ignore[attr-defined]  # every played partner has books
    effects.clear()
    fuse = Fuse(at)
    dying, deadly = fused(place.custody, fuse), replace(way, transport=FusedWay(stage.way, fuse))
    try:
        exchange_id = written_down(dying, way, command)
        Engine(dying).carry(deadly, exchange_id)
    except Killed:
        pass
    # Whoever asked asks again, and another process carries on.
    exchange_id = written_down(place.custody, way, command)
    for _ in range(4):
        place.clock[0] += LONG
        carried = Engine(place.custody).carry(way, exchange_id)
    require(all(times == 1 for times in effects.values()), f"{command.operation} killed at {at} was done twice")
    known = carried.state is State.IN_DOUBT or (carried.state is State.SETTLED and effects)
    require(known, f"{command.operation} killed at {at} is {carried.state}")
    return fuse.blew


def asked_twice(subject: Subject, place: Place) -> None:
    """C08: by four at once, and then with another content."""
    command = next(one for one in subject.commands if one not in subject.reads)
    stage, way = staged(subject, place)
    states: list[Any] = []

    def ask() -> None:
        exchange_id = written_down(place.custody, way, command)
        try:
            states.append(Engine(place.custody).carry(way, exchange_id).state)
        except ExchangeInFlight:
            states.append("in flight")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    effects = stage.partner.books.effects  # type: ignore[attr-defined]  # every played Caisse has books
    require(
        set(effects.values()) == {1} and len(stage.wire.seen) == 1,
        f"asked by four it was sent {len(stage.wire.seen)} times",
    )
    require(State.SETTLED in states, "nobody carried it out")
    if subject.named is None:
        # A key of HubEE's says everything that there is to say.
        return
    other = about(subject.named("Autre"), line_of(command))
    try:
        written_down(place.custody, way, other)
    except PayloadDiffers:
        return
    raise AssertionError("another content under the same key was taken")


def not_starved(subject: Subject, place: Place) -> None:
    """C18: a hundred that the partner cannot take, then one that it can."""
    if subject.choke is not None:
        past_strangers(subject, place)
        return
    stage, way = staged(subject, place)
    refused = [subject.fresh() for _ in range(101)]
    for command in refused:
        written_down(place.custody, way, command)
    whole, told = stage.partner.answer, []

    def choking(request: Any) -> Any:
        said = whole(request)
        if subject.writes not in request.url.encode() + request.body or request.method == "GET":
            return said
        told.append(request)
        if len(told) == len(refused):
            return said
        return refusing(subject, said)

    stage.partner.answer = choking  # type: ignore[method-assign]  # the partner chokes on the first hundred
    carry_out(Engine(place.custody), way, at_most=400)
    kept = "SELECT outcome, count(*) FROM hub.exchange WHERE binding = %(slug)s GROUP BY outcome"
    found = {row["outcome"]: row["count"] for row in place.rows(kept, slug=way.binding.slug)}
    require(found == {"rejected": 100, "applied": 1}, f"a hundred broken ones and one: {found}")


def past_strangers(subject: Subject, place: Place) -> None:
    """C18, where the partner's queue holds what is not ours: a hundred strange ones in front, then a folder."""
    stage, way = staged(subject, place)
    subject.choke(stage.partner)  # type: ignore[misc]  # only who has one comes here
    look(place.custody, way, 1)
    ways = {way.binding.slug: way}
    carry_out(Engine(place.custody, folder_effects(place.custody, ways)), way, at_most=20)
    kept = "SELECT state, count(*) FROM hub.folder_in WHERE binding = %(slug)s GROUP BY state"
    found = {row["state"]: row["count"] for row in place.rows(kept, slug=way.binding.slug)}
    require(found == {"strange": 100, "found": 1}, f"a hundred strange ones and a folder: {found}")
    effects = stage.partner.books.effects  # type: ignore[attr-defined]  # whoever is played has books
    require(not effects, "what is not ours was touched")


def refusing(subject: Subject, said: Answer) -> Answer:
    """What a partner says in place of a good answer where it refuses."""
    if subject.name == "notification-store":
        return Answer(400, json.dumps({"acknowledge": {"status": "error"}}).encode())
    if subject.name == "paris-familles":
        status = {"http_code": 400, "type": "BAD_REQUEST", "message_key": "missing_attributes"}
        return Answer(400, json.dumps({"status": status}).encode())
    return replace(said, body=said.body.replace(*subject.refused))


def forgotten_in_time(subject: Subject, place: Place) -> None:
    """C21: what was pulled is unreadable after its days, whenever one looks, and its row still tells of it."""
    read = subject.reads[0]
    for _ in range(2):
        _, way = staged(subject, place)
        cull(place.custody)
        exchange_id = written_down(place.custody, way, read)
        carried = Engine(place.custody).carry(way, exchange_id)
        require(
            carried.outcome is not None and carried.outcome.kind is not OutcomeKind.CONTRACT_BREACH, "it was not read"
        )
        found = "SELECT body_id FROM hub.exchange_attempt WHERE exchange_id = %(one)s"
        body_id = place.rows(found, one=exchange_id)[0]["body_id"]
        place.clock[0] = NOW + timedelta(days=7)
        require(cull(place.custody) and not cull(place.custody), "the second run differs from the first")
        try:
            with standing(partner=way.binding.siret), place.custody.db.read() as tx:
                open_body(tx, place.custody, body_id)
        except BodyGone:
            pass
        else:
            raise AssertionError("it can still be opened")
        require(place.rows(found, one=exchange_id), "the row is gone too")
