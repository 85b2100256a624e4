"""How a family wants to be reached, chosen by themselves or noted by an agent at the counter: what is written where."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.errors import InvalidValue
from hub.notifications.proving_numbers import Said, awaited, say_code, send_code
from hub.persons.postal import PostalAddress, address_since, forget_address, keep_address
from hub.persons.residences import Channel, choose_contact, contact_of
from hub.persons.telephones import hinted, mobile_number
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


class Chosen(StrEnum):
    """What a choice has come to."""

    KEPT = "kept"
    CODE_SENT = "code_sent"
    """The number counts once the code that goes to it was said back; until then what was chosen before does."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The channel, and what it takes: an address, a number, or where letters go."""

    channel: Channel
    value: str = field(default="", repr=False)
    address: PostalAddress | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Chooser:
    """Who chooses: the person, or an agent of ``body`` who has them at the counter."""

    actor: Actor
    body: str | None = None

    @classmethod
    def resident(cls, person_id: UUID) -> "Chooser":
        """Return the person as the one who chooses."""
        return cls(Actor(ActorKind.RESIDENT, str(person_id)))


@dataclass(frozen=True, slots=True)
class Reached:
    """How a person is reached, as it may be shown: of a number its end, of a postal address only that there is one."""

    channel: Channel | None
    value: str = field(repr=False)
    waiting_for_code: str | None = field(repr=False)
    """The number a code went to, where one is to be said."""


def choose(tx: WriteTx, custody: Custody, person_id: UUID, wish: Wish, chooser: Chooser, *, now: datetime) -> Chosen:
    """Keep how a person wants to be reached, or send a code to the number that they name.

    Raises :class:`InvalidValue` where an address or number is missing or malformed, and
    :class:`~hub.errors.TooManyCodes`.
    """
    if wish.channel is Channel.TELEPHONE:
        send_code(tx, person_id, mobile_number(wish.value), now=now)
        return Chosen.CODE_SENT
    if wish.channel is Channel.POST:
        if wish.address is None:
            raise InvalidValue("address: where letters go")
        keep_address(tx, custody, person_id, wish.address, now=now)
        choose_contact(tx, person_id, Channel.POST, wish.value, now=now)
    else:
        choose_contact(tx, person_id, wish.channel, wish.value, now=now)
        forget_address(tx, person_id)
    _journal(tx, person_id, wish.channel, chooser)
    return Chosen.KEPT


def confirm_number(tx: WriteTx, person_id: UUID, code: str, chooser: Chooser, *, now: datetime) -> Said:
    """Take the code back that was sent to a number; the number counts from then on. The caller commits in any case."""
    said, number = say_code(tx, person_id, code, now=now)
    if said is Said.RIGHT:
        choose_contact(tx, person_id, Channel.TELEPHONE, number, now=now, verified_at=now)
        forget_address(tx, person_id)
        _journal(tx, person_id, Channel.TELEPHONE, chooser)
    return said


def reached(tx: ReadTx, person_id: UUID, *, now: datetime) -> Reached:
    """Return how a person is reached now, and what they have still to say back."""
    found, number = contact_of(tx, person_id), awaited(tx, person_id, now=now)
    waiting = None if number is None else hinted(number)
    if found is None or (found.channel is Channel.POST and address_since(tx, person_id) is None):
        return Reached(None, "", waiting)
    value = found.value or ""
    return Reached(found.channel, hinted(value) if found.channel is Channel.TELEPHONE else value, waiting)


def _journal(tx: WriteTx, person_id: UUID, channel: Channel, chooser: Chooser) -> None:
    step = "contact" if chooser.actor.kind is ActorKind.RESIDENT else "contact_at_counter"
    detail = {"step": step, "channel": channel.value}
    entry = JournalEntry(
        JournalAct.REQUEST, chooser.actor, subjects=(person_id,), recipient=chooser.body, detail=detail
    )
    append(tx, entry)
