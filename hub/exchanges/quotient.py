"""Fetch a quotient familial for a pending request, in place of a paper, under the asking body's own token.

In identity mode (the worker); each body that needs it makes its own call, because what was pulled for one is never
handed to another.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from connectors.api_particulier.messages import CivilIdentity, quotient_question
from connectors.api_particulier.routes import QUOTIENT_FAMILIAL, QUOTIENT_FAMILIAL_SIGNED_IN
from connectors.port import HELD_BACK, Binding, Transport
from contracts.calendar import paris_day
from contracts.documents import EvidenceType, Grade, MediaType
from contracts.identifiers import DocumentId, PersonId, Siret, new_uuid
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.errors import ExchangeInFlight
from hub.exchanges import log
from hub.exchanges.asking import ask
from hub.exchanges.lending import Cipher, take
from hub.exchanges.tables import EXCHANGE
from hub.persons.proving import consider_household
from hub.persons.tables import CIVIL_STATUS
from hub.requests.quotients import ask_when_settled
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import under_way
from hub.requirements.catalogue import Catalogue
from hub.requirements.families.income import JANUARY, month_to_ask, settled_from
from hub.school_files.judging import judge_family, record_pulled_evidence
from hub.school_files.tables import ASK
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import RecordFacts, SealedObject, deposit_record, seal_bytes
from vault.journal.records import Actor, ActorKind

OPERATION = "quotient_familial"
FETCH = "api_particulier.quotient_familial"
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
LEASE = timedelta(seconds=20)
"""A conversation ends within 8 s; sealing what it gave takes moments."""
_GENDERS = ("female", "male")
_AGAIN = (OutcomeKind.UNAVAILABLE, OutcomeKind.RATE_LIMITED, OutcomeKind.CLOSED)


@dataclass(frozen=True, slots=True)
class QuotientSource:
    """API Particulier as one body reaches it: the binding of its SIRET, and how to open a way out for it."""

    binding_for: Callable[[Siret], Binding | None]
    transport_for: Callable[[Binding], Transport]
    unwrap: Cipher | None = None
    """Opens the token that somebody who signed in lent; nothing where this process may not."""


def fetch_quotient_familial(
    custody: Custody, catalogue: Catalogue, source: QuotientSource, request_id: UUID
) -> datetime | None:
    """Ask for the datum a request needs; return when to try again, or nothing when it is settled.

    The exchange row commits before anything is sent. A read repeated after a crash is harmless and finds either the
    settled row or its own. Where somebody has just signed in and lent their token, it is asked in FranceConnect mode.
    """
    today = paris_day(custody.now())
    with custody.db.read() as tx:
        row = awaiting(tx, request_id, today)
    binding = None if row is None or not _may_ask(catalogue, row) else source.binding_for(Siret(row.body))
    lent = None if row is None else _lent(custody, source, request_id)
    route = QUOTIENT_FAMILIAL if lent is None else QUOTIENT_FAMILIAL_SIGNED_IN
    enabled = binding is not None and route.name in binding.operations
    if row is None or row.gender not in _GENDERS or binding is None or not enabled:
        if row is not None:
            with custody.db.transaction() as write:
                _ask_family(write, catalogue, row, "source_not_asked", now=custody.now())
        return None
    try:
        with custody.db.transaction() as write:
            key = log.Key(binding.slug, OPERATION, _natural_key(write, binding.slug, request_id, today=today))
            begun = log.begin(write, key, correlation=str(request_id), now=custody.now(), lease=LEASE)
            if begun.settled is not None and lent is not None:
                # What their civil status did not find, or nobody answered, their own token may.
                key = replace(key, natural_key=f"{key.natural_key}/{new_uuid()}")
                begun = log.begin(write, key, correlation=str(request_id), now=custody.now(), lease=LEASE)
    except ExchangeInFlight:
        return custody.now() + RETRY_AFTER
    if begun.settled is not None:
        return None
    return _converse(custody, catalogue, (source, binding), begun, (row, lent))


def _lent(custody: Custody, source: QuotientSource, request_id: UUID) -> SecretStr | None:
    if source.unwrap is None:
        return None
    with custody.db.transaction() as tx:
        return take(tx, request_id, source.unwrap, now=custody.now())


def _natural_key(tx: ReadTx, binding: str, request_id: UUID, *, today: date) -> str:
    """Return what makes two exchanges about a request the same: the request, and the February after it where it is due.

    Nothing is asked a second time but what was settled before this year's February.
    """
    settled = tx.execute(
        select(EXCHANGE.c.settled_at).where(
            EXCHANGE.c.binding == binding,
            EXCHANGE.c.operation == OPERATION,
            EXCHANGE.c.natural_key == str(request_id),
            EXCHANGE.c.state == "settled",
        )
    ).scalar_one_or_none()
    february = date(today.year, JANUARY + 1, 1)
    due = settled is not None and paris_day(settled) < february <= today
    return f"{request_id}/{february:%Y-%m}" if due else str(request_id)


def _ask_again(tx: WriteTx, row: "Row[Any]", *, now: datetime) -> None:
    """Ask once more in February for what was asked in January."""
    if settled_from(paris_day(now)) is not None:
        ask_when_settled(tx, row.request_id, now=now)


def _may_ask(catalogue: Catalogue, row: "Row[Any]") -> bool:
    """Tell whether somebody vouches for who asks, and the purpose matrix lets the purpose ask for the datum."""
    service = catalogue.services.get(row.service)
    # Whoever typed in their own name could have typed another's: nothing is fetched about them.
    vouched = row.grade is not Grade.SELF_DECLARED
    return vouched and service is not None and catalogue.may_fetch(service.purpose, OPERATION)


def _converse(
    custody: Custody,
    catalogue: Catalogue,
    way: tuple[QuotientSource, Binding],
    begun: log.Begun,
    about: tuple["Row[Any]", SecretStr | None],
) -> datetime | None:
    (source, binding), (row, lent) = way, about
    today = paris_day(custody.now())
    # The current month needs no naming, unless it is not settled yet.
    year, month = month_to_ask(today) if today.month == JANUARY else (None, None)
    command = quotient_question(_identity(row), year, month, access_token=lent)
    outcome, phase = ask(command, binding, source.transport_for(binding))
    if outcome.kind is OutcomeKind.FOUND:
        _keep(custody, catalogue, (begun, row), outcome, phase=phase)
        return None
    # A token that came too late says nothing of the body's own: it is asked under that one.
    again = outcome.kind in _AGAIN or (lent is not None and outcome.kind is OutcomeKind.AUTH_FAILED)
    if outcome.code == HELD_BACK or (again and begun.attempts < MAX_ATTEMPTS):
        until = outcome.until or custody.now() + RETRY_AFTER * begun.attempts
        with custody.db.transaction() as tx:
            log.hold(tx, begun)
            log.postpone(tx, begun.exchange_id, outcome, phase=phase, until=until)
        return until
    reason = "not_found_at_source" if outcome.kind is OutcomeKind.ABSENT else "source_silent"
    with custody.db.transaction() as tx:
        log.hold(tx, begun)
        log.settle(tx, begun.exchange_id, outcome, phase=phase, now=custody.now())
        _ask_again(tx, row, now=custody.now())
        # In the same transaction: a settled exchange is never looked at again.
        _ask_family(tx, catalogue, row, reason, now=custody.now())
    return None


def _keep(
    custody: Custody,
    catalogue: Catalogue,
    what: tuple[log.Begun, "Row[Any]"],
    outcome: ExchangeOutcome,
    *,
    phase: Phase,
) -> None:
    """Seal what was found as a record, make it evidence, judge the family: one transaction after the object."""
    begun, row = what
    document_id = DocumentId(new_uuid())
    content = json.dumps({**outcome.data, "as_of": str(outcome.as_of)}, ensure_ascii=False, sort_keys=True).encode()
    sealed = seal_bytes(custody, document_id, content, MediaType.RECORD)
    now = custody.now()
    with custody.db.transaction() as tx:
        log.hold(tx, begun)
        deposit_quotient(tx, custody, catalogue, sealed, (row, outcome))
        log.settle(tx, begun.exchange_id, outcome, phase=phase, now=now)
        _ask_again(tx, row, now=now)
        judge_family(tx, custody, catalogue, row.requester_id, now=now)


def deposit_quotient(
    tx: WriteTx, custody: Custody, catalogue: Catalogue, sealed: SealedObject, what: tuple["Row[Any]", ExchangeOutcome]
) -> None:
    """Make a sealed quotient a record of who asked, and evidence that the deciding body alone may use."""
    row, outcome = what
    month = date(int(outcome.data["year"]), int(outcome.data["month"]), 1)
    fields = {"quotient_familial": str(outcome.data["quotient_familial"]), "children": _children(outcome.data)}
    facts = RecordFacts(EvidenceType.QUOTIENT_FAMILIAL, month, fields)
    actor = Actor(ActorKind.PROCESS, "worker")
    deposit_record(tx, custody, sealed, facts, holder_id=row.requester_id, actor=actor)
    record_pulled_evidence(
        tx,
        document_id=sealed.document_id,
        holder_id=PersonId(row.requester_id),
        evidence_type=EvidenceType.QUOTIENT_FAMILIAL,
        as_of=outcome.as_of or custody.now(),
        issued_on=month,
        usable_by=Siret(row.body),
        usable_for=catalogue.services[row.service].purpose,
        now=custody.now(),
    )
    consider_household(tx, row.requester_id, fields["children"], now=custody.now())


def _children(data: dict[str, Any]) -> str:
    """Return the children as the fit rules read them: ``family name/first names/birth date``, joined by ``|``."""
    members = data.get("enfants") or ()
    return "|".join("/".join((m["birth_name"], m["first_names"], m["birth_date"])) for m in members)


def _ask_family(tx: WriteTx, catalogue: Catalogue, row: "Row[Any]", reason: str, *, now: datetime) -> None:
    wanted = [item.id for item in catalogue.services[row.service].requirements if item.fetch == FETCH]
    for requirement in wanted:
        values = {"line_id": row.line_id, "requirement": requirement, "reason": reason, "asked_at": now}
        tx.execute(upsert(ASK).values(**values).on_conflict_do_nothing())


def awaiting(tx: ReadTx, request_id: UUID, today: date) -> "Row[Any] | None":
    """Return a pending request with its line and who asked, or None where nothing is left to be decided."""
    return tx.execute(
        select(
            REQUEST.c.request_id,
            REQUEST.c.requester_id,
            ENROLMENT_LINE.c.line_id,
            ENROLMENT_LINE.c.body,
            ENROLMENT_LINE.c.service,
            CIVIL_STATUS,
        )
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == REQUEST.c.requester_id)
        .where(
            REQUEST.c.request_id == request_id,
            under_way(today),
            CIVIL_STATUS.c.retracted_at.is_(None),
            # A line that ended, or passed to another body, has nothing left to be decided here.
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= today,
        )
    ).one_or_none()


def _identity(row: "Row[Any]") -> CivilIdentity:
    return CivilIdentity.from_pivot(
        family_name=row.family_name,
        given_names=row.given_names,
        birthdate=row.born_on,
        gender=row.gender,
        birthplace=row.birth_place,
        birthcountry=row.birth_country,
        preferred_username=row.usage_name,
    )
