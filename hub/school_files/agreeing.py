"""The other guardian answers, or an agent decides about an objection: the body of the line is told that it changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from contracts.events import RequestConsented
from contracts.identifiers import PersonId
from hub.requests.confirming import Answered, Consent, Reply, ask_late, settle_objection, write_answer
from hub.requirements.catalogue import Catalogue
from hub.school_files.keeping import tell
from vault.db import WriteTx
from vault.outbox import publish

GUARDIANS = "guardians"
"""What a body is told of in place of a requirement: whether the guardians agree."""


def answer(tx: WriteTx, guardian: PersonId, confirmation_id: UUID, reply: Reply, *, now: datetime) -> Answered:
    """Write down a guardian's answer and tell the body; raises as :func:`hub.requests.confirming.write_answer` does."""
    answered = write_answer(tx, guardian, confirmation_id, reply, now=now)
    if answered.changed:
        _tell_body(tx, answered.line, answered.consent, now=now)
    return answered


def ask_late_guardians(tx: WriteTx, catalogue: Catalogue, child_id: UUID, *, now: datetime) -> None:
    """Ask who has come to stand for a child about requests made before, and tell the bodies that they wait now."""
    for row in ask_late(tx, catalogue, child_id, now=now):
        _tell_body(tx, row, Consent.WAITING, now=now)


def decide_objection(tx: WriteTx, line_id: UUID, *, passed: bool, now: datetime) -> None:
    """Carry out what an agent decided about the objections on a line; harmless to repeat."""
    consent = Consent.LIFTED if passed else Consent.UPHELD
    for row in settle_objection(tx, line_id, consent, now=now):
        _tell_body(tx, row, consent, now=now)


def _tell_body(tx: WriteTx, line: "Row[Any]", consent: Consent, *, now: datetime) -> None:
    event = RequestConsented(line.request_id, consent.value)
    tell(tx, publish(tx, event, now=now), event.type, line, GUARDIANS, now=now)
