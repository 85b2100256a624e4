"""Typed identifiers, so that a partner's pseudonym can never be passed where a person is meant."""

from functools import lru_cache
from typing import NewType
from uuid import UUID

import uuid_utils

PersonId = NewType("PersonId", UUID)
"""A human being known to the hub, adult or child. Never leaves the hub."""

AccountId = NewType("AccountId", UUID)
"""One sign-in (issuer and subject) of a person."""

HolderId = NewType("HolderId", UUID)
"""Whoever holds papers in the vault: the person identifier of the adult who deposited, seen from custody."""

DocumentId = NewType("DocumentId", UUID)
"""One custody record: a document version, or a datum deposited as a record."""

EvidenceId = NewType("EvidenceId", UUID)
"""What a document or a pulled datum is to the hub: something that may prove a requirement."""

EventId = NewType("EventId", UUID)
"""A CloudEvents ``id``; also the ``webhook-id`` of what is sent for it to one subscriber."""

EntryId = NewType("EntryId", UUID)
"""An entry of the journal, before and after it is sequenced."""

SchoolFileId = NewType("SchoolFileId", UUID)
"""The single school file (dossier scolaire unique) of one child and one school year."""

EnrolmentLineId = NewType("EnrolmentLineId", UUID)
"""One service by one body within a school file."""

RequestId = NewType("RequestId", UUID)
"""A démarche opened by a family with one service."""

ReleaseId = NewType("ReleaseId", UUID)
"""One hand-over of one piece of evidence to one recipient."""

ExchangeId = NewType("ExchangeId", UUID)
"""One conversation with an outside system, written down before anything is sent."""

PartnerPseudonym = NewType("PartnerPseudonym", UUID)
"""What one partner, and no other, calls a person, a file or a piece of evidence."""

Siret = NewType("Siret", str)
"""Fourteen digits that identify an establishment of a public body (article R.123-221 of the code de commerce)."""

CorrelationId = NewType("CorrelationId", str)
"""What a person reads out on the telephone so that an engineer finds the request."""


_LA_POSTE = "356000000"


def new_uuid() -> UUID:
    """Return a fresh UUID version 7 (RFC 9562): random, and ordered by the millisecond of its making."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


@lru_cache(maxsize=4096)
def is_siret(text: str) -> bool:
    """Tell whether ``text`` is fourteen digits whose sum is right: Luhn's, or for La Poste a plain sum divisible by 5.

    La Poste (SIREN 356 000 000) has more establishments than Luhn's sum leaves numbers for; its head office keeps to it.
    """
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        return False
    doubled = (int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(text))
    if sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0:
        return True
    return text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0
