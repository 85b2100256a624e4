"""Many releases to one body in one transaction: the same grounds, judged one by one, from looks that serve all of them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from contracts.authorisations import Frequency
from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.identifiers import Siret
from hub.errors import HubError, NoGround, OutsideAgreement
from hub.partners.registry import look_in_force
from hub.partners.suspending import look_for_stop, refuse_stopped
from hub.releases.gate import Cause, Channel, Ordered, order_allowed
from hub.releases.grounds import Allowed, Looked, Question, judged
from hub.releases.kinds import Seen, look_for_once
from hub.requests.notices import NoticeKind
from hub.requests.tables import ENROLMENT_LINE, NOTICE_GIVEN, NOTICE_TEXT, REQUEST, REUSE_GRANT
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import WriteTx
from vault.ready import Asked, Ready

KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class Ruled:
    """What each question of a batch came to: the ground that is held for it, or why there is none."""

    allowed: list[tuple[Question, Allowed]]
    refused: list[tuple[Question, HubError]]


def hold_grounds(tx: WriteTx, catalogue: Catalogue, questions: Sequence[Question], *, now: datetime) -> Ruled:
    """Judge every question as :func:`hub.releases.grounds.hold_ground` would, with one look for all of them.

    All are for the same body. Raises :class:`~hub.errors.ReleasesStopped`, and ``ValueError`` for questions of several
    bodies, or about informing of rights, which has looks of its own.
    """
    if not questions:
        return Ruled([], [])
    if len({one.recipient for one in questions}) > 1 or any(
        one.purpose is Purpose.RIGHTS_INFORMATION for one in questions
    ):
        raise ValueError("a batch is for one body, and about its own services")
    looks = _Looks.of(tx, questions, now=now)
    ruled = Ruled([], [])
    for question in questions:
        try:
            ruled.allowed.append((question, judged(catalogue, question, looks.at(question), now=now)))
        except (NoGround, OutsideAgreement) as refusal:
            ruled.refused.append((question, refusal))
    return ruled


def order_pushes(
    tx: WriteTx, catalogue: Catalogue, allowed: Sequence[tuple[Question, Allowed]], cause: Cause, *, now: datetime
) -> list[Ordered]:
    """Write down one release, one journal entry and one receipt for each, as the gate does for a single one.

    Raises as :func:`hub.releases.kinds.spend` does.
    """
    how = (Channel.PUSH, cause)
    ordered = [order_allowed(tx, catalogue, question, ground, how, now=now) for question, ground in allowed]
    tx.send_many()
    return ordered


@dataclass(frozen=True, slots=True)
class _Looks:
    """What one look at the primary showed of every question, by what it is about."""

    evidence: Mapping[UUID, list[Any]]
    lines: Mapping[UUID, list[Any]]
    resting: Mapping[UUID, list[Any]]
    requests: Mapping[UUID, list[Any]]
    notices: Mapping[tuple[UUID, UUID], list[Any]]
    grants: Mapping[tuple[UUID, UUID, str], list[Any]]
    agreements: Sequence[Any]
    once: Callable[[Question], Sequence[Any]]

    @classmethod
    def of(cls, tx: WriteTx, questions: Sequence[Question], *, now: datetime) -> "_Looks":
        day, body = paris_day(now), questions[0].recipient
        told = {
            "evidence": list({one.evidence_id for one in questions}),
            "lines": list({one.line_id for one in questions}),
            "body": body,
            "day": day,
        }
        # What locks comes first: what the others show is then no older than what it waited for.
        asked: list[Asked] = [(look, told) for look in _LOOKS]
        grants, evidence, lines, resting, requests, notices, agreements, stopped = tx.held_rows(
            *asked, look_in_force(Siret(body), on=day), look_for_stop()
        )
        refuse_stopped(stopped)
        return cls(
            _by(evidence, lambda row: row.evidence_id),
            _by(lines, lambda row: row.line_id),
            _by(resting, lambda row: row.line_id),
            _by(requests, lambda row: row.line_id),
            _by(notices, lambda row: (row.line_id, row.person_id)),
            _by(grants, lambda row: (row.of_line, row.person_id, row.purpose)),
            agreements,
            lambda question: _once(tx, question, day),
        )

    def at(self, question: Question) -> Looked:
        """Return what was seen of one question."""
        evidence = self.evidence.get(question.evidence_id, [])
        holder = evidence[0].holder_id if evidence else None
        seen = Seen(
            requests=self.requests.get(question.line_id, ()),
            notices=self.notices.get((question.line_id, holder), ()) if holder else (),
            grants=self.grants.get((question.line_id, holder, question.purpose.value), ()) if holder else (),
            once=lambda: self.once(question),
            # A push is a question of its own: what served another one once, serves none of these.
            hold=False,
        )
        line, grade = self.lines.get(question.line_id, ()), list(self._grades(question))
        return Looked(evidence, line, grade, self.agreements, (), seen)

    def _grades(self, question: Question) -> Iterator[Any]:
        for row in self.resting.get(question.line_id, ()):
            if question.evidence_id == row.evidence_id or question.evidence_id in (row.rests_on or ()):
                yield row


def _once(tx: WriteTx, question: Question, day: date) -> Sequence[Any]:
    told = {
        "line": question.line_id,
        "evidence": question.evidence_id,
        "body": question.recipient,
        "purpose": question.purpose.value,
        "day": day,
    }
    return tx.held_rows(look_for_once(told, hold=True))[0]


def _by(rows: Sequence[Any], key: Callable[[Any], KeyT]) -> dict[KeyT, list[Any]]:
    found: dict[KeyT, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


_EVIDENCES = any_(bindparam("evidence", type_=ARRAY(Uuid)))
_LINES = any_(bindparam("lines", type_=ARRAY(Uuid)))
# Also where the body has decided: what it knows of a child it serves is kept as it is (ADR 0060).
_PENDING = (REQUEST.c.line_id == _LINES, REQUEST.c.state == "pending")
_LOOKS = (
    Ready(
        select(REUSE_GRANT, REQUEST.c.line_id.label("of_line"))
        .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
        .where(
            *_PENDING,
            REUSE_GRANT.c.recipient == bindparam("body"),
            REUSE_GRANT.c.frequency == Frequency.RECURRING.value,
        )
        .order_by(REUSE_GRANT.c.granted_at.desc().nulls_last(), REUSE_GRANT.c.grant_id)
        .with_for_update(read=True, of=REUSE_GRANT)
    ),
    Ready(select(EVIDENCE).where(EVIDENCE.c.evidence_id == _EVIDENCES, EVIDENCE.c.withdrawn_at.is_(None))),
    Ready(
        select(ENROLMENT_LINE).where(
            ENROLMENT_LINE.c.line_id == _LINES,
            ENROLMENT_LINE.c.body == bindparam("body"),
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= bindparam("day"),
        )
    ),
    Ready(
        select(
            SATISFACTION.c.line_id,
            SATISFACTION.c.requirement,
            SATISFACTION.c.evidence_id,
            SATISFACTION.c.grade,
            FIT.c.rests_on,
        )
        .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
        .where(SATISFACTION.c.line_id == _LINES, SATISFACTION.c.until.is_(None))
    ),
    Ready(select(REQUEST.c.request_id, REQUEST.c.line_id).where(*_PENDING)),
    Ready(
        select(NOTICE_GIVEN.c.notice_id, NOTICE_GIVEN.c.person_id, REQUEST.c.line_id)
        .join(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
        .join(REQUEST, REQUEST.c.request_id == NOTICE_GIVEN.c.request_id)
        .where(*_PENDING, NOTICE_TEXT.c.kind == NoticeKind.ON_REQUEST.value)
        .order_by(NOTICE_GIVEN.c.given_at.desc())
    ),
)
"""The looks of :mod:`hub.releases.grounds` and :mod:`hub.releases.kinds`, for many lines at once."""
