"""Parts killed while a family allows and takes back, while a paper leaves, and while partners are told: each once, or in doubt."""

import itertools
import os
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from tests.faults import custody, storms
from tests.faults.oracle import Verdict
from tests.journeys.caring import ASKED, enrolled
from tests.journeys.doors import Partner, person_id, rows, value
from tests.journeys.test_authorisations import large_paper, put_in_its_place
from tests.system import CAISSE, Resident, System, eventually
from vault.journal.records import Actor, ActorKind

PATIENCE = 150.0
PAUSE = 0.2
MINE = "/v1/authorisations"
FINAL = ("idempotency-answer-lost",)
"""Of these problems a retry learns that the effect is there; what was answered, nobody knows."""
ENGINEER = Actor(ActorKind.PARTNER, "x")


@dataclass
class Came:
    """What a fault came to; ``in_doubt`` is what was done and never acknowledged, each of which is explained by its rows."""

    verdict: Verdict = field(default_factory=Verdict)
    faults: int = 0
    acts: int = 0
    in_doubt: int = 0
    recovery_s: float = 0.0

    def counted(self, what: str, found: int, wanted: int) -> None:
        """Note what there is too little or too much of."""
        if found < wanted:
            self.verdict.lost.append(f"{what}: {found} of {wanted}")
        if found > wanted:
            self.verdict.doubled.append(f"{what}: {found} of {wanted}")


# A family allows, and takes back -------------------------------------------------------------------------------------

POINTS = ("hub.authorisation_step", "hub.delivery")
"""Where the door is stopped, in the middle of its one transaction: after the authorisation, and after its step."""


def grant(system: System, parts: tuple[str, ...] = ("door", "postgres")) -> Came:
    """Kill the door, or its database, while an authorisation is given; a retry under the same key ends it."""
    came = Came()
    for part, point in ((one, other) for one in parts for other in POINTS):
        parent, _ = enrolled(system)
        request = value(system, "SELECT request_id FROM hub.request WHERE requester_id = %(p)s", p=person_id(parent))
        _strike(system, came, (part, point), lambda key, p=parent, r=request: _give(p, r, key))
        _judge_steps(system, came, parent, {"active": 2})
    return came


def withdrawal(system: System, parts: tuple[str, ...] = ("door", "postgres")) -> Came:
    """Kill the door, or its database, while an authorisation is taken back; from then on the body is refused."""
    came = Came()
    for part, point in ((one, other) for one in parts for other in POINTS):
        parent, subject = enrolled(system)
        caisse = Partner(system, "caisse-13")
        (offered,) = caisse.ask(subject, *ASKED).json()["evidence"]
        given = parent.http.get(MINE).json()[0]["authorisation"]
        _strike(system, came, (part, point), lambda key, p=parent, g=given: _take_back(p, g, key))
        _judge_steps(system, came, parent, {"withdrawn": 1})
        refused = _problem(lambda c=caisse, o=offered: c.fetch(o["href"]))
        if refused != "no-ground":
            came.verdict.unexplained.append(f"after the withdrawal the body is answered {refused}")
    return came


def _give(parent: Resident, request: object, key: str) -> httpx.Response:
    return parent.http.post(MINE, json={"request": str(request)}, headers={"idempotency-key": key})


def _take_back(parent: Resident, given: str, key: str) -> httpx.Response:
    return parent.http.delete(f"{MINE}/{given}", headers={"idempotency-key": key})


def _strike(system: System, came: Came, where: tuple[str, str], act: Callable[[str], httpx.Response]) -> None:
    """Kill a part while ``act`` stands before a table, and go on with it until its end is known."""
    part, table = where
    with ThreadPoolExecutor(1) as pool:
        with custody.held_back(system, table, login="unefois_door") as reached:
            ended = pool.submit(_insist, act)
            reached()
            gone = storms.kill_whole(system, part)
        begun = time.monotonic()
        known = ended.result(PATIENCE)
    storms.back_again(system, part, gone)
    came.recovery_s = max(came.recovery_s, time.monotonic() - begun)
    came.faults, came.acts, came.in_doubt = came.faults + 1, came.acts + 1, came.in_doubt + (not known)


def _insist(act: Callable[[str], httpx.Response]) -> bool:
    """Do one thing under one key until it is answered; tell whether the answer came, or only that it was done."""
    key, until = secrets.token_hex(16), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            answer = act(key)
            if answer.is_success:
                return True
            if answer.json().get("type", "").endswith(FINAL):
                return False
        time.sleep(PAUSE)
    raise TimeoutError


def _judge_steps(system: System, came: Came, parent: Resident, wanted: dict[str, int]) -> None:
    """Each authorisation once, each of its steps once: in its table, in the journal, and in what the body is told."""
    who = {"p": person_id(parent)}
    found = rows(system, "SELECT state FROM hub.reuse_grant WHERE person_id = %(p)s", **who)
    states = Counter(row["state"] for row in found)
    for state in states.keys() | wanted.keys():
        came.counted(f"{state} authorisations", states[state], wanted.get(state, 0))
    steps = sum(2 if state == "withdrawn" else 1 for state in states.elements())
    came.counted("steps", value(system, _STEPS, **who), steps)
    came.counted("journal entries of steps", value(system, _JOURNALED, **who), steps)
    # Of what the request itself allowed the body was told with the request.
    came.counted("words to the body", value(system, _TOLD, **who), 1)


_STEPS = (
    "SELECT count(*) FROM hub.authorisation_step s JOIN hub.reuse_grant g USING (grant_id) WHERE g.person_id = %(p)s"
)
_JOURNALED = """SELECT count(*) FROM vault.journal_record WHERE convert_from(record, 'UTF8')::jsonb #>> '{detail,authorisation}'
                IN (SELECT grant_id::text FROM hub.reuse_grant WHERE person_id = %(p)s)"""
_TOLD = """SELECT count(*) FROM hub.delivery d JOIN vault.event e USING (event_id)
           JOIN hub.reuse_grant g ON g.grant_id::text = e.subject
           WHERE g.person_id = %(p)s AND e.type = 'fr.paris.unefois.authorisation.changed.v1'"""


def _problem(look: Callable[[], httpx.Response]) -> str:
    """Which problem is answered, once the door and its database answer at all."""

    def ask() -> str | None:
        with suppress(httpx.TransportError):
            answer = look()
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return "none" if answer.is_success else str(answer.json()["type"].rpartition(":")[2])
        return None

    found: str = eventually(ask, within=PATIENCE)
    return found


def under_download(system: System) -> Came:
    """An authorisation is taken back during a download of 50 MB: that one ends, the next is refused, one is written down.

    And once more with the partners' door killed in the middle of it.
    """
    came, content = Came(), large_paper()
    for dies in (False, True):
        parent, subject = _at_rest(system)
        caisse = Partner(system, "caisse-13")
        token = caisse.token()
        href = caisse.ask(subject, *ASKED, token=token).json()["evidence"][0]["href"]
        before = _released(system, parent)
        put_in_its_place(system, parent, content)
        given = parent.http.get(MINE).json()[0]["authorisation"]
        with suppress(httpx.TransportError), caisse.http.stream("GET", href, auth=caisse.proving(token)) as answer:
            pieces = answer.iter_raw(65536)
            got = len(next(pieces))
            parent.http.delete(f"{MINE}/{given}").raise_for_status()
            if dies:
                storms.back_again(system, "release", storms.kill_whole(system, "release"))
            got += sum(len(piece) for piece in pieces)
            if got < len(content):
                came.verdict.lost.append(f"{got} bytes of {len(content)}")
        refused = _problem(lambda c=caisse, h=href, t=token: c.fetch(h, token=t))
        if refused != "no-ground":
            came.verdict.unexplained.append(f"after the withdrawal the body is answered « {refused} »")
        came.counted("releases", _released(system, parent) - before, 1)
        came.faults, came.acts, came.in_doubt = came.faults + 1, came.acts + 1, came.in_doubt + dies
    return came


# A paper leaves ---------------------------------------------------------------------------------------------------------


def before_its_entry(system: System, fetch: Callable[[], httpx.Response]) -> bytes | None:
    """Kill the partners' door before a release is written down; return what came all the same."""
    with ThreadPoolExecutor(1) as pool:
        with custody.held_back(system, "hub.case_copy", login="unefois_release") as reached:
            asked = pool.submit(_whole, fetch)
            reached()
            gone = storms.kill_whole(system, "release")
        got = asked.result(PATIENCE)
    storms.back_again(system, "release", gone)
    return got


def between_entry_and_bytes(system: System, fetch: Callable[[], httpx.Response]) -> bytes | None:
    """Kill it once the release is written down, and before its bytes are there; return what came all the same."""
    releases = "SELECT count(*) FROM hub.release"
    before, store = value(system, releases), storms.part_pid(system, "objects")
    # The store stands still: what was written down waits for its bytes.
    os.kill(store, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(_whole, fetch)
            eventually(lambda: value(system, releases) > before)
            gone = storms.kill_whole(system, "release")
            got = asked.result(PATIENCE)
    finally:
        os.kill(store, signal.SIGCONT)
    storms.back_again(system, "release", gone)
    return got


def after_its_bytes(system: System, fetch: Callable[[], httpx.Response]) -> bytes | None:
    """Kill it once the bytes have come; return them."""
    got = _whole(fetch)
    storms.back_again(system, "release", storms.kill_whole(system, "release"))
    return got


STRIKES = (before_its_entry, between_entry_and_bytes, after_its_bytes)
Strike = Callable[[System, Callable[[], httpx.Response]], bytes | None]


def release(system: System, strikes: tuple[Strike, ...] = STRIKES) -> Came:
    """Kill the partners' door while a paper leaves; the partner asks again until it has it."""
    came = Came()
    for strike in strikes:
        parent, subject = _at_rest(system)
        caisse = Partner(system, "caisse-13")
        href = caisse.ask(subject, *ASKED).json()["evidence"][0]["href"]
        before = _released(system, parent)
        fetched = strike(system, lambda c=caisse, h=href: c.fetch(h))
        begun = time.monotonic()
        tried = itertools.count()
        eventually(lambda c=caisse, h=href, t=tried: next(t) >= 0 and _whole(lambda: c.fetch(h)), within=PATIENCE)
        came.recovery_s = max(came.recovery_s, time.monotonic() - begun)
        written = _released(system, parent) - before
        got, asked = 1 + (fetched is not None), 1 + next(tried)
        came.faults, came.acts = came.faults + 1, came.acts + got
        # Written down and never received: the family reads of it, and the partner asks again.
        came.in_doubt += max(0, written - got)
        if written < got:
            came.verdict.lost.append(f"{got - written} hand-overs that nobody wrote down")
        if written > asked:
            came.verdict.doubled.append(f"{written} releases of {asked} fetches")
        for what, statement in _BESIDE.items():
            came.counted(what, value(system, statement, p=person_id(parent)), before + written)
    return came


def _whole(fetch: Callable[[], httpx.Response]) -> bytes | None:
    with suppress(httpx.TransportError):
        answer = fetch()
        return answer.content if answer.is_success else None
    return None


def _at_rest(system: System) -> tuple[Resident, UUID]:
    """A family whose paper the Caisse may have, once the sandbox's Caisse has asked for it by itself."""
    parent, subject = enrolled(system)

    def pulled() -> bool:
        received = system.received("caisse-13")
        told = {one["message"] for one in received["notifications"] if one["subject"] == str(subject)}
        return bool(told) and told <= {one["message"] for one in received["asks"]}

    eventually(pulled, within=PATIENCE)
    return parent, subject


def _released(system: System, parent: Resident) -> int:
    found: int = value(system, f"SELECT count(*) {_OF_PARENT}", p=person_id(parent))
    return found


_OF_PARENT = """FROM hub.release r JOIN hub.evidence e USING (evidence_id)
                WHERE e.holder_id = %(p)s AND r.channel = 'pull'"""
_BESIDE = {
    "journal entries": f"SELECT count(*) FROM vault.journal_record WHERE entry_id IN (SELECT r.entry_id {_OF_PARENT})",
    "receipts": f"SELECT count(*) FROM hub.disclosure WHERE release_id IN (SELECT r.release_id {_OF_PARENT})",
    "case copies": f"SELECT count(*) FROM hub.case_copy WHERE release_id IN (SELECT r.release_id {_OF_PARENT})",
}
"""What a release has beside it, each once."""


# Partners are told ------------------------------------------------------------------------------------------------------


def delivery(system: System, kills: int = 4, events: int = 60) -> Came:
    """Kill the worker again and again while a partner is told; everything arrives under its one identifier, in order."""
    came, families = Came(), [enrolled(system)[0] for _ in range(3)]
    given = [one.http.get(MINE).json()[0]["authorisation"] for one in families]
    begun = value(system, "SELECT coalesce(max(place), 0) FROM hub.delivery WHERE siret = %(s)s", s=CAISSE)
    told = threading.Thread(target=_change_their_minds, args=(families, given, events))
    told.start()
    for _ in range(kills):
        eventually(lambda: rows(system, _UNDER_WAY, s=CAISSE), within=PATIENCE)
        gone = storms.kill_whole(system, "worker")
        struck = time.monotonic()
        storms.back_again(system, "worker", gone)
        came.recovery_s = max(came.recovery_s, time.monotonic() - struck)
        came.faults += 1
    told.join()
    eventually(lambda: not rows(system, _LEFT, s=CAISSE), within=PATIENCE)
    sent = rows(system, _SENT, s=CAISSE, b=begun)
    came.acts = len(sent)
    # Taken, and the worker dead before it was written down: sent again, and known again by its identifier.
    came.in_doubt = sum(one["attempts"] - 1 for one in sent)
    came.counted("events", len({one["event_id"] for one in sent}), events * len(families))
    came.counted("notifications", len(sent), events * len(families))
    heard = [one["message"] for one in system.received("caisse-13")["notifications"]]
    came.verdict.lost += [f"{one['delivery_id']} never came" for one in sent if str(one["delivery_id"]) not in heard]
    for subject in {one["subject"] for one in sent}:
        wanted = [str(one["delivery_id"]) for one in sent if one["subject"] == subject]
        if [one for one in heard if one in set(wanted)] != wanted:
            came.verdict.unexplained.append(f"what is about {subject} came out of order")
    return came


def _change_their_minds(families: list[Resident], given: list[str], times: int) -> None:
    for n in range(times):
        for one, grant_id in zip(families, given, strict=True):
            address = f"{MINE}/{grant_id}/pause"
            (one.http.delete(address) if n % 2 else one.http.post(address)).raise_for_status()


_UNDER_WAY = "SELECT 1 FROM hub.delivery WHERE siret = %(s)s AND state = 'due' AND leased_until IS NOT NULL"
_LEFT = "SELECT 1 FROM hub.delivery WHERE siret = %(s)s AND (state = 'due' OR place IS NULL)"
_SENT = """SELECT d.* FROM hub.delivery d JOIN vault.event e USING (event_id)
           WHERE d.siret = %(s)s AND d.place > %(b)s AND e.type = 'fr.paris.unefois.authorisation.changed.v1' ORDER BY place"""
