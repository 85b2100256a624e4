"""Whose a folder is, found without doubt or not at all; what it brings becomes what a pulled quotient is, once."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row

from connectors.hubee.commands import CaseStatus
from connectors.hubee.quotient import NotAQuotient, Pivot, SentQuotient, read_quotient
from contracts.calendar import paris_day
from contracts.documents import EvidenceType, Grade, MediaType
from contracts.identifiers import DocumentId, new_uuid
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.exchanges.folders_in import plan_answer, put, set_aside
from hub.exchanges.quotient import OPERATION, awaiting, deposit_quotient
from hub.exchanges.recording import recording
from hub.exchanges.tables import EXCHANGE_ATTEMPT, FOLDER_IN
from hub.exchanges.ways import Way
from hub.persons.tables import CIVIL_STATUS
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requirements.catalogue import Catalogue
from hub.requirements.names import match_key
from hub.school_files.judging import judge_family
from vault.bodies.keeping import open_body
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import SealedObject, record_deposit, seal_bytes
from vault.documents.intake import Intake
from vault.errors import (
    BodyGone,
    DatabaseUnavailable,
    DocumentTooLarge,
    EmptyDocument,
    KeyServiceUnavailable,
    MediaTypeMismatch,
    MediaTypeRefused,
    VaultError,
)
from vault.jobs import Job, defer
from vault.journal.records import Actor, ActorKind
from vault.standing import standing
from vault.storage.errors import StoreUnavailable

AGAIN = timedelta(hours=1)
"""Who sent a folder first and asks for the tariff an hour later is found then."""
NOBODY, SEVERAL = "nobody", "several"
PDF_NAME = "quotient-familial.pdf"
"""What HubEE calls the file has names of people in it, and says nothing more."""
_LOG = logging.getLogger(__name__)


def find_owners(custody: Custody, catalogue: Catalogue, way: Way) -> int:
    """Look for whom each folder that is here belongs to; return for how many somebody was found. Harmless to repeat."""
    matched = 0
    with standing(partner=way.binding.siret):
        with custody.db.read() as tx:
            due = (FOLDER_IN.c.state == "found", FOLDER_IN.c.next_look <= custody.now())
            numbers = select(FOLDER_IN.c.notification_id).where(FOLDER_IN.c.binding == way.binding.slug, *due)
            found = list(tx.execute(numbers.order_by(FOLDER_IN.c.next_look)).scalars())
        for number in found:
            try:
                with custody.db.transaction() as write:
                    matched += _find_owner(write, custody, catalogue, way, number)
            except (DatabaseUnavailable, KeyServiceUnavailable, StoreUnavailable):
                raise
            except VaultError as error:
                # One folder whose bytes cannot be opened stops no other.
                _LOG.error("folder %s with %s: %s", number, way.binding.slug, type(error).__name__)
    return matched


def _find_owner(tx: WriteTx, custody: Custody, catalogue: Catalogue, way: Way, number: UUID) -> bool:
    this = (FOLDER_IN.c.binding == way.binding.slug, FOLDER_IN.c.notification_id == number)
    row = tx.execute(select(FOLDER_IN).where(*this).with_for_update()).one()
    if row.state != "found":
        return False
    try:
        sent = read_quotient(_content(tx, custody, row.said))
    except NotAQuotient as error:
        set_aside(tx, row, str(error))
        plan_answer(tx, custody, way, row.case_id, CaseStatus.UNREADABLE)
        return False
    except BodyGone:
        # Its files were kept as long as anything pulled is; it lies in the queue still.
        set_aside(tx, row, NOBODY)
        return False
    requests = _waiting(tx, catalogue, sent.pivot, way, today=paris_day(custody.now()))
    if len({one.requester_id for one in requests}) > 1:
        set_aside(tx, row, SEVERAL)
        return False
    if not requests:
        put(tx, row, why=NOBODY, next_look=custody.now() + AGAIN)
        return False
    request_id = requests[0].request_id
    put(tx, row, state="matched", why=None, request_id=request_id, next_look=None)
    defer(tx, Job.TAKE_FOLDER_IN, request_id=request_id)
    return True


def _waiting(tx: ReadTx, catalogue: Catalogue, pivot: Pivot, way: Way, *, today: date) -> "list[Row[Any]]":
    """Return the open requests at this body of whoever has this pivot identity, as the State vouched for them to us."""
    key = match_key(pivot.family_name, pivot.given()[0], pivot.birthdate)
    said = select(REQUEST.c.request_id, REQUEST.c.requester_id, ENROLMENT_LINE.c.service)
    joined = said.join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id).join(
        CIVIL_STATUS, CIVIL_STATUS.c.person_id == REQUEST.c.requester_id
    )
    them = (
        CIVIL_STATUS.c.match_key == key,
        CIVIL_STATUS.c.gender == pivot.gender,
        CIVIL_STATUS.c.birth_place == pivot.birthplace,
        CIVIL_STATUS.c.birth_country == pivot.birthcountry,
        # A name that its holder typed in may be anybody's.
        CIVIL_STATUS.c.grade != Grade.SELF_DECLARED,
        CIVIL_STATUS.c.retracted_at.is_(None),
    )
    open_here = (
        REQUEST.c.state == "pending",
        ENROLMENT_LINE.c.body == way.binding.siret,
        ENROLMENT_LINE.c.retracted_at.is_(None),
        ENROLMENT_LINE.c.valid_until >= today,
    )
    rows = tx.execute(joined.where(*them, *open_here).order_by(REQUEST.c.request_id)).all()
    return [one for one in rows if _wants(catalogue, one.service)]


def _wants(catalogue: Catalogue, name: str) -> bool:
    service = catalogue.services.get(name)
    asked = service is not None and any(requirement.fetch for requirement in service.requirements)
    return asked and service is not None and catalogue.may_fetch(service.purpose, OPERATION)


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a folder brings, sealed and stored, and read."""

    record: SealedObject
    paper: SealedObject
    sent: SentQuotient


def take_folder_in(custody: Custody, catalogue: Catalogue, ways: Mapping[str, Way], request_id: UUID) -> None:
    """Make the quotient of each folder that answers this request evidence, keep its PDF, judge, and have the sender told.

    Runs as a job about the request. Harmless to repeat: a folder that is kept is not taken in again.
    """
    with custody.db.read() as tx:
        mine = (FOLDER_IN.c.request_id == request_id, FOLDER_IN.c.state == "matched")
        rows = tx.execute(select(FOLDER_IN).where(*mine)).all()
    for row in rows:
        with standing(partner=row.siret):
            _take_in(custody, catalogue, ways[row.binding], row)


def _take_in(custody: Custody, catalogue: Catalogue, way: Way, row: "Row[Any]") -> None:
    brought: _Brought | str
    try:
        with custody.db.read() as tx:
            said, paper = (_content(tx, custody, one) for one in (row.said, row.paper))
        brought = _sealed(custody, said, paper)
    except BodyGone:
        brought = "files_gone"
    except (NotAQuotient, EmptyDocument, DocumentTooLarge, MediaTypeRefused, MediaTypeMismatch) as error:
        # The kind alone: what an error says may be somebody's.
        brought = type(error).__name__
    with custody.db.transaction() as write:
        held = _held(write, row)
        wanted = awaiting(write, row.request_id, paris_day(custody.now()))
        if held.state != "matched":
            return
        if isinstance(brought, str) or wanted is None:
            set_aside(write, held, brought if isinstance(brought, str) else "request_over")
            return
        _keep(write, custody, catalogue, brought, (wanted, held))
        plan_answer(write, custody, way, held.case_id, CaseStatus.DONE)
        judge_family(write, custody, catalogue, wanted.requester_id, now=custody.now())


def _sealed(custody: Custody, said: bytes, paper: bytes) -> _Brought:
    sent = read_quotient(said)
    intake = Intake(announced=MediaType.PDF, length=len(paper), limit=custody.max_document_bytes)
    intake.update(paper)
    intake.finish()
    content = json.dumps(sent.data, ensure_ascii=False, sort_keys=True).encode()
    record = seal_bytes(custody, DocumentId(new_uuid()), content, MediaType.RECORD)
    return _Brought(record, seal_bytes(custody, DocumentId(new_uuid()), paper, MediaType.PDF), sent)


def _keep(
    tx: WriteTx, custody: Custody, catalogue: Catalogue, brought: _Brought, what: "tuple[Row[Any], Row[Any]]"
) -> None:
    wanted, held = what
    found = ExchangeOutcome(OutcomeKind.FOUND, as_of=held.seen_at, data=brought.sent.data)
    deposit_quotient(tx, custody, catalogue, brought.record, (wanted, found))
    actor = Actor(ActorKind.PROCESS, "worker")
    holder = wanted.requester_id
    kind = EvidenceType.QUOTIENT_FAMILIAL
    record_deposit(tx, custody, brought.paper, holder_id=holder, actor=actor, file_name=PDF_NAME, announced_type=kind)
    put(tx, held, state="kept")


def _held(tx: WriteTx, row: "Row[Any]") -> "Row[Any]":
    this = (FOLDER_IN.c.binding == row.binding, FOLDER_IN.c.notification_id == row.notification_id)
    return tx.execute(select(FOLDER_IN).where(*this).with_for_update()).one()


def _content(tx: ReadTx, custody: Custody, exchange_id: UUID) -> bytes:
    """Return the bytes of a file as HubEE sent them; raises :class:`~vault.errors.BodyGone`."""
    last = (
        select(EXCHANGE_ATTEMPT.c.body_id)
        .where(EXCHANGE_ATTEMPT.c.exchange_id == exchange_id)
        .order_by(EXCHANGE_ATTEMPT.c.number.desc())
        .limit(1)
    )
    body_id = tx.execute(last).scalar_one_or_none()
    if body_id is None:
        raise BodyGone(str(exchange_id))
    return recording(open_body(tx, custody, body_id)).body
