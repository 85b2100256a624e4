"""How a family wants to be reached, chosen by themselves or noted by an agent at the counter: what is written where."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.errors import InvalidValue
from hub.notifications.proving_contact import Said, awaited, say_code, send_code
from hub.persons.postal import PostalAddress, address_since, forget_address, keep_address
from hub.persons.residences import Channel, checked, choose_contact, contact_of
from hub.persons.telephones import hinted
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


class Chosen(StrEnum):
    """What a choice has come to."""

    KEPT = "kept"
    CODE_SENT = "code_sent"
    """Number or address counts once the code that goes to it was said back; until then what was chosen before does."""


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
class Waiting:
    """By which way a code went, and as much of the number or address as its owner knows it by."""

    channel: Channel
    hint: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reached:
    """How a person is reached, as it may be shown: of a number its end, of a postal address only that there is one."""

    channel: Channel | None
    value: str = field(repr=False)
    waiting_for_code: Waiting | None = field(repr=False)
    """Where a code went, where one is to be said."""


def choose(tx: WriteTx, custody: Custody, person_id: UUID, wish: Wish, chooser: Chooser, *, now: datetime) -> Chosen:
    """Keep how a person wants to be reached, or send a code to the number or address that they name.

    Raises :class:`InvalidValue` where an address or number is missing or malformed, and
    :class:`~hub.errors.TooManyCodes`.
    """
    if wish.channel in (Channel.TELEPHONE, Channel.EMAIL):
        send_code(tx, person_id, wish.channel, checked(wish.channel, wish.value), now=now)
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


def confirm_code(tx: WriteTx, person_id: UUID, code: str, chooser: Chooser, *, now: datetime) -> Said:
    """Take a code back; the number or address it was sent to counts from then on. The caller commits in any case."""
    said, proved = say_code(tx, person_id, code, now=now)
    if proved is not None:
        choose_contact(tx, person_id, proved.channel, proved.value, now=now, verified_at=now)
        forget_address(tx, person_id)
        _journal(tx, person_id, proved.channel, chooser)
    return said


def reached(tx: ReadTx, person_id: UUID, *, now: datetime) -> Reached:
    """Return how a person is reached now, and what they have still to say back."""
    found, proving = contact_of(tx, person_id), awaited(tx, person_id, now=now)
    waiting = None if proving is None else Waiting(proving.channel, _hint(proving.channel, proving.value))
    if found is None or not found.proved or (found.channel is Channel.POST and address_since(tx, person_id) is None):
        return Reached(None, "", waiting)
    value = found.value or ""
    return Reached(found.channel, hinted(value) if found.channel is Channel.TELEPHONE else value, waiting)


def _hint(channel: Channel, value: str) -> str:
    if channel is Channel.TELEPHONE:
        return hinted(value)
    name, _, domain = value.rpartition("@")
    return f"{name[:1]}•••@{domain}"


def _journal(tx: WriteTx, person_id: UUID, channel: Channel, chooser: Chooser) -> None:
    step = "contact" if chooser.actor.kind is ActorKind.RESIDENT else "contact_at_counter"
    detail = {"step": step, "channel": channel.value}
    entry = JournalEntry(
        JournalAct.REQUEST, chooser.actor, subjects=(person_id,), recipient=chooser.body, detail=detail
    )
    append(tx, entry)
