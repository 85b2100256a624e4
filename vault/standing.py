"""By what authority a thread or a request works: the database shows it the rows of that authority, and no others."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType


class Purpose(StrEnum):
    """What a process does for no one person; each has policies of its own (ADR 0029)."""

    RECONCILIATION = "reconciliation"
    RETENTION = "retention"
    SAFETY = "safety"
    """Holds, and papers scanned with other rules."""
    AUDIT = "audit"
    REEVALUATION = "reevaluation"
    STAFF = "staff"
    """Who may act as an agent."""
    TRUST = "trust"
    """What an operator asks about one paper, or has done to it."""
    TELLING = "telling"
    """What is written to families and to partners' contacts."""
    SENDING = "sending"
    """What partners are told: its places in their feeds, what goes to their webhooks, and what is let go of it."""
    LEASES = "leases"
    """Keys of retries whose requests are under way: kept as long as those are, and given back."""
    RESTORING = "restoring"
    ROTATION = "rotation"
    """A new version of the master key: what it wraps moves over."""
    OPERATING = "operating"
    """What an operator at the console sees of exchanges and settles; the database asks for the agent's role too."""
    BREACH = "breach"
    """Whom and what a partner or a key reached (RGPD 33, 34)."""
    MIGRATION = "migration"
    BACKUP = "backup"


KINDS = ("person", "agent", "partner", "ticket", "entry", "job", "purpose", "session", "account", "mandate")
"""What a standing may name: the settings ``unefois.…`` that policies read."""
_NOBODY: Mapping[str, str] = MappingProxyType({})
_NOW: ContextVar[Mapping[str, str]] = ContextVar("standing", default=_NOBODY)


def stand(**named: object) -> None:
    """Work by this authority from now on in this request, and by no earlier one; only who established it may call this."""
    _NOW.set(_checked(named))


def mandate() -> str | None:
    """Return under which mandate a helper acts for the person this request stands for, if one does."""
    return _NOW.get().get("mandate")


@contextmanager
def standing(**named: object) -> Iterator[None]:
    """Work by this authority, beside the one that is there, for the time of the block or function."""
    token = _NOW.set({**_NOW.get(), **_checked(named)})
    try:
        yield
    finally:
        _NOW.reset(token)


def current() -> tuple[str, ...] | None:
    """Return the values of :data:`KINDS`, empty where there is none; nothing at all where nobody stands for anything."""
    named = _NOW.get()
    return tuple(named.get(kind, "") for kind in KINDS) if named else None


def settings(**named: object) -> dict[str, str]:
    """Return what the database is told of this authority, by name of its setting."""
    return {f"unefois.{kind}": value for kind, value in _checked(named).items()}


def _checked(named: Mapping[str, object]) -> Mapping[str, str]:
    if unknown := named.keys() - set(KINDS):
        raise ValueError(f"no such authority: {sorted(unknown)}")
    return {kind: str(value) for kind, value in named.items()}
