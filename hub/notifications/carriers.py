"""How each way takes a message: which words it carries, where to, and whether it can say that it has it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.engine import Row

from connectors.mail import Letter, MailWay
from connectors.port import Binding, Transport
from connectors.post.codec import PrintCodec, file_name
from connectors.post.sheet import PrintedLetter
from connectors.sms.codec import TextMessage
from connectors.sms.gateway import TextWay
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.errors import NothingHere
from hub.notifications.letters import code_letter, family_letter, partner_letter, printed_letter
from hub.notifications.messages import NOTICES, Kind
from hub.notifications.notices import notice_letter, notice_text, printed_notice
from hub.notifications.proving_contact import make_contact_code
from hub.notifications.return_codes import make_code
from hub.notifications.texts import code_text, family_text
from hub.partners.tables import PARTNER
from hub.persons.postal import postal_address_of
from hub.persons.residences import contact_of
from hub.persons.tables import CIVIL_STATUS
from vault.db import Database, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing


@dataclass(frozen=True, slots=True)
class ByMail:
    """E-mail: to families and to partners' contacts. A mail server knows no key by which it could be asked."""

    db: Database
    way: MailWay
    door_url: str
    release_url: str
    now: Callable[[], datetime]

    def carry(self, row: "Row[Any]") -> ExchangeOutcome | None:
        """Send an e-mail; one with a code makes the code first."""
        if row.kind == Kind.EMAIL_CODE:
            told = fresh_code(self.db, row, now=self.now())
            return None if told is None else self.way.send(code_letter(row.message_id, *told))
        with self.db.read() as tx:
            if row.siret is not None:
                partner = tx.execute(select(PARTNER).where(PARTNER.c.siret == row.siret)).one()
                letter = partner_letter(Kind(row.kind), row.message_id, partner.contact, self.release_url)
            else:
                contact = contact_of(tx, row.person_id)
                if contact is None or contact.value is None:
                    return None
                letter = self._family(row, contact.value)
        return self.way.send(letter)

    def _family(self, row: "Row[Any]", to: str) -> Letter:
        if row.kind in NOTICES:
            return notice_letter(Kind(row.kind), row.message_id, to, self.door_url)
        return family_letter(row.message_id, to, self.door_url, again=row.kind == Kind.REMINDER)

    def arrived(self, row: "Row[Any]") -> bool | None:  # noqa: ARG002 - the protocol's signature
        """Say nothing: only a reader of the server's log could tell."""
        return None


@dataclass(frozen=True, slots=True)
class BySms:
    """Text messages through a gateway that keeps our identifiers."""

    db: Database
    way: TextWay
    sender: str
    now: Callable[[], datetime]

    def carry(self, row: "Row[Any]") -> ExchangeOutcome | None:
        """Hand a text message to the gateway; one with a code makes the code first."""
        told = self._code(row) if row.kind == Kind.TELEPHONE_CODE else self._ask(row)
        if told is None:
            return None
        number, words = told
        return self.way.send(TextMessage(row.message_id, number, self.sender, words))

    def arrived(self, row: "Row[Any]") -> bool | None:
        """Ask the gateway."""
        kind = self.way.look(row.message_id).kind
        return {OutcomeKind.FOUND: True, OutcomeKind.ABSENT: False}.get(kind)

    def _ask(self, row: "Row[Any]") -> tuple[str, str] | None:
        with self.db.read() as tx:
            contact = contact_of(tx, row.person_id)
        if contact is None or contact.value is None:
            return None
        again = row.kind == Kind.REMINDER
        words = notice_text(Kind(row.kind)) if row.kind in NOTICES else family_text(again=again)
        return contact.value, words

    def _code(self, row: "Row[Any]") -> tuple[str, str] | None:
        told = fresh_code(self.db, row, now=self.now())
        return None if told is None else (told[0], code_text(told[1]))


def fresh_code(db: Database, row: "Row[Any]", *, now: datetime) -> tuple[str, str] | None:
    """Return where a code goes and the code, committed before it leaves; nothing where it is no longer wanted."""
    try:
        with db.transaction() as tx:
            return make_contact_code(tx, row.message_id, now=now)
    except NothingHere:
        return None


class Drop(Transport, Protocol):
    """A folder that somebody else empties."""

    def holds(self, name: str) -> bool:
        """Tell whether a file of this name still lies there."""
        ...


@dataclass(frozen=True, slots=True)
class ByPost:
    """Printed letters, each a file in the print room's drop."""

    custody: Custody
    drop: Drop
    binding: Binding
    door_url: str
    sender: tuple[str, ...] = field(repr=False)

    def carry(self, row: "Row[Any]") -> ExchangeOutcome | None:
        """Drop a letter; the code on it is committed before, so that no letter goes out with one that leads nowhere."""
        now = self.custody.now()
        # The address is opened for this one person's letter.
        with standing(person=row.person_id), self.custody.db.transaction() as tx:
            address = postal_address_of(self.custody, tx, row.person_id)
            name = tx.execute(
                select(CIVIL_STATUS.c.given_names, CIVIL_STATUS.c.usage_name, CIVIL_STATUS.c.family_name).where(
                    CIVIL_STATUS.c.person_id == row.person_id, CIVIL_STATUS.c.retracted_at.is_(None)
                )
            ).one_or_none()
            if address is None or name is None:
                return None
            to = (f"{name.given_names[0]} {name.usage_name or name.family_name}", *address.lines())
            letter = self._letter(tx, row, to, now=now)
        codec = PrintCodec()
        return codec.decode(letter, self.drop.send(codec.encode(letter, self.binding)))

    def _letter(self, tx: WriteTx, row: "Row[Any]", to: tuple[str, ...], *, now: datetime) -> PrintedLetter:
        if row.kind in NOTICES:
            return printed_notice(Kind(row.kind), row.message_id, to, sender=self.sender, now=now)
        code = make_code(tx, row.message_id, row.person_id, now=now)
        again = row.kind == Kind.REMINDER
        return printed_letter(
            row.message_id, to, code, door_url=self.door_url, sender=self.sender, again=again, now=now
        )

    def arrived(self, row: "Row[Any]") -> bool | None:
        """Look into the drop: what lies there arrived; what does not may have been fetched."""
        return True if self.drop.holds(file_name(row.message_id)) else None
