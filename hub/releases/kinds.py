"""The kinds of ground on which a body receives something: each small, closed, and checked anew at every release."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, select, update
from sqlalchemy.engine import Row

from contracts.authorisations import AuthorisationState, Frequency
from contracts.calendar import paris_day
from contracts.grounds import Act, Basis, Ground, Instrument, Purpose
from hub.authorisations.ending import ONE_ANSWER
from hub.errors import NoGround
from hub.releases.tables import RELEASE, RIGHTS_INFORMATION
from hub.requests.notices import NoticeKind
from hub.requests.tables import NOTICE_GIVEN, NOTICE_TEXT, REQUEST, REUSE_GRANT
from hub.requests.under_way import under_way
from hub.school_files.tables import EVIDENCE
from vault.db import WriteTx
from vault.ready import Asked, Ready


@dataclass(frozen=True, slots=True)
class Case:
    """What a release is asked for: to whom, what for, on which line; ``health`` where the paper is a medical secret."""

    line_id: UUID
    holder_id: UUID
    evidence_id: UUID
    evidence_type: str
    recipient: str
    purpose: str
    health: bool


@dataclass(frozen=True, slots=True)
class OnRequest:
    """CRPA L.114-8 I: a request is pending, its accuracy sworn (L.113-13), and the person was told what is fetched."""

    request_id: UUID
    notice_id: UUID


@dataclass(frozen=True, slots=True)
class OnAuthorisation:
    """The person lets this body reuse papers they handed in; refusing costs nothing: they can be handed in directly."""

    grant_id: UUID
    frequency: Frequency
    data_life_months: int
    health: bool


@dataclass(frozen=True, slots=True)
class ToInform:
    """CRPA L.114-8 II: a body tells of a right; opposing was offered in the first message, and a year is the end of it."""

    information_id: UUID
    notice_id: UUID


Kind = OnRequest | OnAuthorisation | ToInform


def ground_of(kind: Kind, *, convention: str) -> Ground:
    """Return basis, instrument and act of a kind of ground, under the convention with the body."""
    match kind:
        case OnRequest(notice_id=notice_id):
            return Ground(Basis.PUBLIC_TASK, Instrument.CRPA_L114_8_I, Act.INFORMED, notice_id, convention)
        case OnAuthorisation(grant_id=grant_id, health=health):
            # Data on health are open to nothing but the person's explicit consent (RGPD 9-2 a).
            basis = Basis.CONSENT if health else Basis.PUBLIC_TASK
            return Ground(basis, Instrument.CONVENTION, Act.AUTHORISED, grant_id, convention)
        case ToInform(notice_id=notice_id):
            return Ground(Basis.PUBLIC_TASK, Instrument.CRPA_L114_8_II, Act.INFORMED, notice_id, convention)
        case _ as never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a kind of ground is judged by, as one look at the primary showed it; what it does not ask for is empty."""

    requests: Sequence[Any] = ()
    notices: Sequence[Any] = ()
    grants: Sequence[Any] = ()
    """Authorisations that serve again, the newest first."""
    informed: Sequence[Any] = ()
    once: Callable[[], Sequence[Any]] = tuple
    """Looks for authorisations that serve once: asked only where none that serves again stands."""
    hold: bool = False
    """Whether what was found is held, so that what leaves may rest on it."""


def look_for_kind(purpose: Purpose, told: Mapping[str, Any], *, hold: bool) -> dict[str, Asked]:
    """Return the looks that show :class:`Seen`, by its fields, for ``told``: line, evidence, body and purpose.

    With ``hold`` what they find cannot be taken back before the transaction ends: what commits first counts.
    """
    if purpose is Purpose.RIGHTS_INFORMATION:
        return {"informed": (_INFORMED[hold], told)}
    grants = _GRANTS[Frequency.RECURRING, hold]
    return {"grants": (grants, told), "requests": (_PENDING, told), "notices": (_NOTICE, told)}


def look_for_once(told: Mapping[str, Any], *, hold: bool) -> Asked:
    """Return the look for authorisations that serve once."""
    return _GRANTS[Frequency.ONE_TIME, hold], told


def on_request(case: Case, evidence: "Row[Any]", seen: Seen) -> OnRequest:
    """Return the ground of a datum that was pulled for a request, or of what another body decided and sent back.

    Raises :class:`NoGround` naming what first lacks.
    """
    # 1. Data on health are outside of what administrations exchange by themselves.
    if case.health:
        raise NoGround("health data: authorisation only (CRPA L.114-9 2°)")
    # 2. A request is pending, its accuracy sworn (the table takes no other). 3. The person was told, in words we keep.
    request_id, notice_id = _requested(seen)
    # 4. It was pulled for this body and this purpose; a decision is its body's own, and of use to whoever rests on it.
    if evidence.kind == "pulled" and (evidence.usable_by, evidence.usable_for) != (case.recipient, case.purpose):
        raise NoGround("pulled for another body or purpose")
    return OnRequest(request_id, notice_id)


def on_authorisation(case: Case, seen: Seen, *, now: datetime) -> OnAuthorisation:
    """Return the ground of a paper that was handed in; raises :class:`NoGround` naming what first lacks."""
    # 1. A request is pending, its accuracy sworn (the table takes no other). 2. The family was told what it needs.
    _requested(seen)
    # 3. Its holder lets this body have this kind of paper, for this request and purpose, and now.
    lacks: list[str] = []
    for frequency, grant in _grants_in(seen):
        lack = _first_lack(grant, case, now=now, hold=seen.hold)
        if lack is None:
            return OnAuthorisation(grant.grant_id, frequency, grant.data_life_months, case.health)
        lacks.append(lack)
    raise NoGround(lacks[0] if lacks else "reuse of the paper not authorised")


def _grants_in(seen: Seen) -> Iterator[tuple[Frequency, Any]]:
    yield from ((Frequency.RECURRING, grant) for grant in seen.grants)
    yield from ((Frequency.ONE_TIME, grant) for grant in seen.once())


def to_inform(case: Case, evidence: "Row[Any]", seen: Seen, *, now: datetime) -> ToInform:
    """Return the ground of a datum by which a body informs of a right; raises :class:`NoGround` naming what first lacks."""
    # 1. Data on health are outside of what administrations exchange by themselves.
    if case.health:
        raise NoGround("health data: authorisation only (CRPA L.114-9 2°)")
    # 2. It is what this very body had pulled: nothing that another one has, and nothing that was handed in.
    if evidence.kind != "pulled" or evidence.usable_by != case.recipient:
        raise NoGround("not pulled for this body")
    # 3. The person was told, and offered to oppose, in words that are kept.
    if not seen.informed:
        raise NoGround("no message that offers to oppose (CRPA L.114-8 II)")
    row = seen.informed[0]
    # 4. Nobody opposed, and the right was not found wanting. 5. It is not longer ago than the law lets it be.
    if row.state != "open":
        raise NoGround(INFORMING_ENDED[row.state])
    if row.valid_until < paris_day(now):
        raise NoGround(INFORMING_ENDED["over"])
    return ToInform(row.information_id, row.notice_id)


INFORMING_ENDED = {
    "opposed": "the person opposed",
    "not_entitled": "the person is not entitled: the data are to be destroyed",
    "over": "more than 12 months after the first message",
}


def grant_stands(day: datetime) -> Any:
    """Return the condition under which an authorisation allows something at this moment, kind of paper apart."""
    today = paris_day(day)
    return and_(
        REUSE_GRANT.c.state == AuthorisationState.ACTIVE.value,
        REUSE_GRANT.c.valid_from <= today,
        REUSE_GRANT.c.valid_until >= today,
    )


def spend(tx: WriteTx, kind: Kind, case: Case, cause: UUID | None, *, now: datetime) -> None:
    """Use an authorisation that serves once for ``cause``, a question or an exchange; others are left as they are.

    Raises :class:`NoGround` where it served another question, or this paper of the same one: of two that come at once
    the second waits for the first, and is refused.
    """
    if not isinstance(kind, OnAuthorisation) or kind.frequency is not Frequency.ONE_TIME:
        return
    unused = (REUSE_GRANT.c.grant_id == kind.grant_id, REUSE_GRANT.c.state == AuthorisationState.ACTIVE.value)
    row = tx.execute(select(REUSE_GRANT).where(*unused).with_for_update()).one_or_none()
    if row is None or cause is None or (row.used_for is not None and row.used_for != cause):
        raise NoGround(USED)
    released = (RELEASE.c.act_reference == kind.grant_id, RELEASE.c.evidence_id == case.evidence_id)
    if tx.execute(select(exists().where(*released))).scalar_one():
        raise NoGround(USED)
    if row.used_for is None:
        tx.execute(update(REUSE_GRANT).where(*unused).values(used_for=cause, used_at=now))


USED = "the authorisation was for one time, and has served"
_LACKS = {
    AuthorisationState.REQUESTED: "reuse of the paper not authorised",
    AuthorisationState.REFUSED: "reuse of the paper not authorised",
    AuthorisationState.PAUSED: "the authorisation is paused",
    AuthorisationState.WITHDRAWN: "the authorisation was withdrawn",
    AuthorisationState.EXPIRED: "the authorisation has expired",
}


def _first_lack(grant: "Row[Any]", case: Case, *, now: datetime, hold: bool) -> str | None:
    state = AuthorisationState(grant.state)
    if state is not AuthorisationState.ACTIVE:
        return _LACKS[state]
    if not grant.valid_from <= paris_day(now) <= grant.valid_until:
        return "the authorisation is not for this time"
    if case.evidence_type not in grant.evidence_types:
        return "the authorisation does not name this kind of paper"
    # Whoever only looks has a question of their own still to come; for the one it served, `spend` decides.
    if grant.used_at is not None and (not hold or grant.used_at + ONE_ANSWER <= now):
        return USED
    return None


def _requested(seen: Seen) -> tuple[UUID, UUID]:
    """Return the pending request and the notice given with it."""
    if not seen.requests:
        raise NoGround("no pending request")
    if not seen.notices:
        raise NoGround("no notice given (CRPA L.114-8 I)")
    return seen.requests[0].request_id, seen.notices[0].notice_id


_OF_LINE = (REQUEST.c.line_id == bindparam("line"), under_way(bindparam("day")))
_HOLDER = select(EVIDENCE.c.holder_id).where(EVIDENCE.c.evidence_id == bindparam("evidence")).scalar_subquery()
_PENDING = Ready(select(REQUEST.c.request_id).where(*_OF_LINE))
_NOTICE = Ready(
    select(NOTICE_GIVEN.c.notice_id)
    .join(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
    .join(REQUEST, REQUEST.c.request_id == NOTICE_GIVEN.c.request_id)
    .where(
        *_OF_LINE,
        NOTICE_GIVEN.c.person_id == _HOLDER,
        NOTICE_TEXT.c.kind == NoticeKind.ON_REQUEST.value,
    )
    .order_by(NOTICE_GIVEN.c.given_at.desc())
)


def _grants(frequency: Frequency, *, hold: bool) -> Ready:
    """Look for authorisations of a holder to a body for a pending request and its purpose, the newest first."""
    statement = (
        select(REUSE_GRANT)
        .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
        .where(
            *_OF_LINE,
            REUSE_GRANT.c.person_id == _HOLDER,
            REUSE_GRANT.c.recipient == bindparam("body"),
            REUSE_GRANT.c.purpose == bindparam("purpose"),
            REUSE_GRANT.c.frequency == frequency.value,
        )
        .order_by(REUSE_GRANT.c.granted_at.desc().nulls_last(), REUSE_GRANT.c.grant_id)
    )
    if hold:
        # Those that serve again are shared by releases; one that serves once is taken, so that two cannot share it.
        statement = statement.with_for_update(read=frequency is Frequency.RECURRING, of=REUSE_GRANT)
    return Ready(statement)


def _informed(*, hold: bool) -> Ready:
    """Look for the first message about a right to the payer of a line, the one that is open before others."""
    statement = (
        select(RIGHTS_INFORMATION)
        .join(NOTICE_GIVEN, NOTICE_GIVEN.c.notice_id == RIGHTS_INFORMATION.c.notice_id)
        .join(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
        .where(
            RIGHTS_INFORMATION.c.line_id == bindparam("line"),
            RIGHTS_INFORMATION.c.person_id == _HOLDER,
            RIGHTS_INFORMATION.c.recipient == bindparam("body"),
            NOTICE_TEXT.c.kind == NoticeKind.ON_RIGHTS.value,
        )
        .order_by((RIGHTS_INFORMATION.c.state == "open").desc(), RIGHTS_INFORMATION.c.opened_at.desc())
        .limit(1)
    )
    return Ready(statement.with_for_update(read=True, of=RIGHTS_INFORMATION) if hold else statement)


_GRANTS = {(one, hold): _grants(one, hold=hold) for one in Frequency for hold in (False, True)}
_INFORMED = {hold: _informed(hold=hold) for hold in (False, True)}
