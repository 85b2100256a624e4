"""Whom and which papers a partner, or one key, reached since a moment: what a controller has to tell (RGPD 33, 34).

From the rows and from the journal, each of which is looked through for itself: what only one of them knows is named.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, func, or_, select

from hub.errors import InvalidValue
from hub.exchanges.tables import EXCHANGE
from hub.notifications.tables import DELIVERY
from hub.partners.registry import siret_of
from hub.partners.tables import PSEUDONYM
from hub.releases.gate import Channel
from hub.releases.tables import CASE_COPY, EVIDENCE_REQUEST, RELEASE
from hub.requests.tables import ENROLMENT_LINE, SCHOOL_FILE
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx
from vault.journal.entries import StoredEntry
from vault.journal.records import ActorKind, JournalAct, parse_record
from vault.journal.tables import ENTRY, RECORD

NOT_REACHED = frozenset({JournalAct.REFUSE, JournalAct.PARTNER})


@dataclass(frozen=True, slots=True)
class Suspected:
    """By whom or with what something was taken, and from when on; at least one of partner and key."""

    since: datetime
    siret: str | None = None
    key: str | None = None
    """``kid`` of a client's key, or thumbprint of the key a token is bound to."""


@dataclass(slots=True)
class Reached:
    """One person or paper, and how often in which way it was reached."""

    ways: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def seen(self, way: str, at: datetime) -> None:
        """Count one time more."""
        self.ways[way] += 1
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)


@dataclass(slots=True)
class Reach:
    """What was reached; identifiers, words and counts only."""

    suspected: Suspected
    persons: dict[UUID, Reached] = field(default_factory=dict)
    papers: dict[UUID, Reached] = field(default_factory=dict)
    releases: Counter[str] = field(default_factory=Counter)
    questions: Counter[str] = field(default_factory=Counter)
    notifications: Counter[str] = field(default_factory=Counter)
    journal: Counter[str] = field(default_factory=Counter)
    case_copies: int = 0
    files: set[str] = field(default_factory=set)
    only_in_rows: list[UUID] = field(default_factory=list)
    """Releases whose journal record is gone: 36 months are over, or the person had it erased."""
    only_in_journal: list[UUID] = field(default_factory=list)
    """Entries of the journal without a row."""

    def person(self, person_id: UUID | None, way: str, at: datetime) -> None:
        """Count that somebody was reached; nobody where a row names nobody."""
        if person_id is not None:
            self.persons.setdefault(person_id, Reached()).seen(way, at)


def suspected_of(tx: ReadTx, *, slug: str | None, key: str | None, since: datetime) -> Suspected:
    """Return what to look for; raises :class:`InvalidValue` for neither partner nor key, :class:`NothingHere`."""
    if slug is None and key is None:
        raise InvalidValue("--partner, --key: at least one of them")
    if slug is None:
        return Suspected(since, None, key)
    siret = siret_of(tx, slug)
    return Suspected(since, siret, key)


def reach(tx: ReadTx, suspected: Suspected) -> Reach:
    """Return everybody and everything that was reached.

    Hand-over files, notifications and agents' looks came under no key: they are left out where a key is asked for.
    """
    found = Reach(suspected)
    rows = _releases(tx, found)
    _questions(tx, found)
    if suspected.key is None:
        _notifications(tx, found)
    entries = _journal(tx, found, rows)
    found.only_in_rows = sorted(rows.keys() - entries)
    found.only_in_journal = sorted(entries - rows.keys())
    return found


def _releases(tx: ReadTx, found: Reach) -> dict[UUID, UUID]:
    """Take in every release with the case copy it left; return them by journal entry."""
    copies = select(CASE_COPY).subquery()
    statement = (
        select(RELEASE, EVIDENCE.c.document_id, EVIDENCE.c.evidence_type, EVIDENCE.c.holder_id)
        .add_columns(copies.c.case_copy_id, copies.c.keep_until, copies.c.ended_at)
        .add_columns(EXCHANGE.c.binding, EXCHANGE.c.natural_key)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == RELEASE.c.evidence_id)
        .outerjoin(copies, copies.c.release_id == RELEASE.c.release_id)
        .outerjoin(EXCHANGE, EXCHANGE.c.exchange_id == RELEASE.c.exchange_id)
        .where(RELEASE.c.channel != Channel.OWN_COPY.value, RELEASE.c.ordered_at >= found.suspected.since)
        .where(*_by(RELEASE.c.recipient, RELEASE.c.client_key, RELEASE.c.proof_key, found.suspected))
        .order_by(RELEASE.c.ordered_at, RELEASE.c.release_id)
    )
    by_entry = {}
    for row in tx.execute(_with_family(statement, RELEASE.c.line_id)):
        by_entry[row.entry_id] = row.release_id
        found.releases[row.channel] += 1
        paper = found.papers.setdefault(row.document_id, Reached())
        paper.seen(row.channel, row.ordered_at)
        paper.facts |= {"evidence": row.evidence_id, "type": row.evidence_type, "holder": row.holder_id}
        if row.case_copy_id is not None:
            found.case_copies += 1
            kept = {"case_copy": row.case_copy_id, "keep_until": row.keep_until, "ended_at": row.ended_at}
            paper.facts.setdefault("case_copies", []).append(kept)
        if row.binding is not None:
            found.files.add(f"{row.binding} {row.natural_key}")
        for person_id in {row.holder_id, row.payer_id, row.child_id}:
            found.person(person_id, row.channel, row.ordered_at)
    return by_entry


def _questions(tx: ReadTx, found: Reach) -> None:
    """Take in what was answered to questions: that a line is there, and what for, tells something of a family."""
    statement = (
        select(EVIDENCE_REQUEST.c.outcome, EVIDENCE_REQUEST.c.asked_at, EVIDENCE_REQUEST.c.line_id)
        .where(EVIDENCE_REQUEST.c.asked_at >= found.suspected.since)
        .where(
            *_by(
                EVIDENCE_REQUEST.c.siret,
                EVIDENCE_REQUEST.c.client_key,
                EVIDENCE_REQUEST.c.proof_key,
                found.suspected,
            )
        )
    )
    for row in tx.execute(_with_family(statement, EVIDENCE_REQUEST.c.line_id)):
        found.questions[row.outcome] += 1
        if row.outcome not in ("refused", "none"):
            for person_id in {row.payer_id, row.child_id}:
                found.person(person_id, "question", row.asked_at)


def _notifications(tx: ReadTx, found: Reach) -> None:
    """Take in what was sent, and what stands in the partner's feed: who reads a feed leaves no row for each entry."""
    statement = (
        select(DELIVERY.c.state, DELIVERY.c.created_at, DELIVERY.c.place)
        .join(PSEUDONYM, (PSEUDONYM.c.siret == DELIVERY.c.siret) & (PSEUDONYM.c.value == DELIVERY.c.subject))
        .where(DELIVERY.c.siret == found.suspected.siret, DELIVERY.c.created_at >= found.suspected.since)
    )
    for row in tx.execute(_with_family(statement, PSEUDONYM.c.subject_id)):
        found.notifications[row.state] += 1
        if row.state == "delivered" or row.place is not None:
            for person_id in {row.payer_id, row.child_id}:
                found.person(person_id, "notification", row.created_at)


def _journal(tx: ReadTx, found: Reach, rows: dict[UUID, UUID]) -> set[UUID]:
    """Take in what the journal alone tells; return the entries of everything that was given."""
    entries = set()
    for stored in _entries(tx, found.suspected):
        act = stored.entry.act
        found.journal[act.value] += 1
        if act in NOT_REACHED:
            continue
        if act is JournalAct.RELEASE:
            entries.add(UUID(str(stored.entry_id)))
        if stored.entry_id in rows:
            continue
        for person_id in stored.entry.subjects:
            found.person(person_id, act.value, stored.recorded_at)
        if stored.entry.document is not None:
            found.papers.setdefault(stored.entry.document, Reached()).seen(act.value, stored.recorded_at)
    return entries


def _entries(tx: ReadTx, suspected: Suspected) -> Iterator[StoredEntry]:
    # Canonical records are text in bytes; what they say exactly is read afterwards.
    text = func.encode(RECORD.c.record, "escape").cast(String)
    named = [text.contains(word, autoescape=True) for word in (suspected.siret, suspected.key) if word]
    statement = (
        select(ENTRY.c.entry_id, ENTRY.c.recorded_at, RECORD.c.record)
        .join(RECORD, RECORD.c.entry_id == ENTRY.c.entry_id)
        .where(ENTRY.c.recorded_at >= suspected.since, *named)
        .order_by(ENTRY.c.recorded_at, ENTRY.c.entry_id)
    )
    for row in tx.execute(statement):
        entry = parse_record(bytes(row.record))
        if suspected.key is not None:
            keys = {entry.detail.get("client_key"), entry.detail.get("proof_key")}
            if suspected.key not in keys:
                continue
        given = entry.act is JournalAct.RELEASE and entry.recipient == suspected.siret
        by_partner = entry.actor.kind is ActorKind.PARTNER and suspected.siret in (None, entry.actor.id)
        if given or by_partner:
            yield StoredEntry(row.entry_id, row.recorded_at, entry)


def _by(
    siret: ColumnElement[Any], client_key: ColumnElement[Any], proof_key: ColumnElement[Any], suspected: Suspected
) -> list[ColumnElement[bool]]:
    wanted = []
    if suspected.siret is not None:
        wanted.append(siret == suspected.siret)
    if suspected.key is not None:
        wanted.append(or_(client_key == suspected.key, proof_key == suspected.key))
    return wanted


def _with_family(statement: Select[Any], line_id: ColumnElement[Any]) -> Select[Any]:
    """Add who pays for a line, and the child whose file it is in: the file that is handed over names the child."""
    return (
        statement.add_columns(ENROLMENT_LINE.c.payer_id, SCHOOL_FILE.c.child_id)
        .outerjoin(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == line_id)
        .outerjoin(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    )
