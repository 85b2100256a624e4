"""What a connector promises: a manifest, a request written as bytes, and one outcome for whatever came back."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, model_validator

from connectors.errors import ManifestInvalid, SecretMissing
from connectors.schemas.declared import Deviation, SchemaFile
from contracts.calendar import PARIS
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase

RETRY_AFTER_MAX = timedelta(hours=24)
"""No partner makes us wait longer on its word alone; beyond, an engineer should look."""

HELD_BACK = "held_back"
"""The fault of an exchange that we did not begin, to stay below a partner's limit; ``retry-after`` says how long."""

TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word for a fault, and no secret
"""The fault of an exchange that did not begin, because the partner gives our credentials no token."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request as it will leave, whole; only :attr:`target` may be written to a log."""

    method: str
    url: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def target(self) -> str:
        """Method, origin and path: what may be logged, since queries hold civil status."""
        parts = urlsplit(self.url)
        return f"{self.method} {parts.scheme}://{parts.hostname or ''}{parts.path}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of a request: how far it got, by when, and what came back.

    ``fault`` is empty for a conversation that ended well; otherwise it is one of our words for what broke it
    (``connect``, ``timeout``, ``reset``, ``body_too_large``, …). Header names are lower case.
    """

    phase: Phase
    at: datetime
    status: int | None = None
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    fault: str = ""

    def header(self, name: str) -> str | None:
        """Return the first header called ``name`` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


class OperationKind(StrEnum):
    """Whether an operation brings something to the partner or fetches something from it."""

    PUSH = "push"
    PULL = "pull"


class WriteClass(StrEnum):
    """What a repeat of the same write does at the partner's; it decides what may be retried."""

    KEYED = "keyed"
    """The partner honours our idempotency key."""
    NATURAL = "natural"
    """A repeat is harmless by construction."""
    LOOKUP = "lookup"
    """We can ask whether it happened."""
    NONE = "none"
    """After a doubt a human decides."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operation(_Frozen):
    """One thing the connector can do, and what makes two calls the same call."""

    kind: OperationKind
    write_class: WriteClass | None = None
    natural_key: tuple[str, ...] = ()
    endpoint: str = ""
    """Which of the partner's end-points answers it: one that fails is left alone, and the others go on."""
    attempts_max: int = Field(default=8, ge=1, le=50)
    age_max_h: int = Field(default=72, ge=1, le=24 * 31)
    """How often, and for how many hours, it is tried before a person has to look."""
    change_max: float | None = Field(default=None, gt=0)
    """By what share a day may bring more or less than that day of the week usually does; nothing where it says nothing."""
    editable: tuple[str, ...] = ()
    """Fields of its command, as paths, that an operator may write anew where it is repeated: numbers that the partner
    gave, dates of a question. What is said of anybody comes from their papers and is never among them."""

    @model_validator(mode="after")
    def _write_class_is_for_pushes(self) -> "Operation":
        if (self.kind is OperationKind.PUSH) is (self.write_class is None):
            raise ValueError("a push declares its write class, a pull has none")
        if not self.natural_key:
            raise ValueError("the natural key names what makes two calls the same call")
        return self

    @property
    def repeatable(self) -> bool:
        """Whether sending it again after a broken conversation cannot double its effect."""
        return self.write_class in (None, WriteClass.KEYED, WriteClass.NATURAL)


class Window(_Frozen):
    """When a partner is closed, by the clock of Paris: between two times of day, over midnight where the second is earlier.

    ``days`` are those on which it begins, Monday 1 to Sunday 7.
    """

    start: time
    end: time
    days: frozenset[int] = frozenset(range(1, 8))

    def until(self, now: datetime) -> datetime | None:
        """Return when it opens again, or None where it is open at ``now``."""
        here = now.astimezone(PARIS)
        over_midnight = self.end <= self.start
        for begun in (here.date(), here.date() - timedelta(days=1)):
            if begun.isoweekday() not in self.days:
                continue
            first = datetime.combine(begun, self.start, PARIS)
            last = datetime.combine(begun + timedelta(days=over_midnight), self.end, PARIS)
            if first <= here < last:
                return last.astimezone(UTC)
        return None


class Limits(_Frozen):
    """How long and how much: seconds, bytes of body accepted, and conversations at once with one binding."""

    connect_s: float = Field(gt=0, le=30)
    read_s: float = Field(gt=0, le=120)
    total_s: float = Field(gt=0, le=300)
    body_max_bytes: int = Field(gt=0, le=64 * 1024 * 1024)
    at_once: int = Field(default=1, ge=1, le=8)


class Manifest(_Frozen):
    """The declared contract of a connector; lies as ``manifest.toml`` beside its codec."""

    connector: str = Field(pattern=r"^[a-z0-9]+([/-][a-z0-9]+)*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    provenance: str
    secrets: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()
    """Names of elements, attributes and members whose values an engineer may read: words of the protocol. All others
    are sensitive."""
    limits: Limits
    operations: Mapping[str, Operation]
    contracts: tuple[SchemaFile, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    closed: tuple[Window, ...] = ()

    def closed_until(self, now: datetime) -> datetime | None:
        """Return when the partner opens again, or None where it is open at ``now``."""
        return max((until for one in self.closed if (until := one.until(now)) is not None), default=None)


def load_manifest(beside: str) -> Manifest:
    """Return the manifest lying beside the module file ``beside``.

    Raises:
        ManifestInvalid: it is missing or does not fit :class:`Manifest`.
    """
    path = Path(beside).with_name("manifest.toml")
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ManifestInvalid(f"{path.parent.name}: {type(error).__name__}") from error


@cache
def manifests() -> Mapping[str, Manifest]:
    """Return every connector's manifest by name, without its codec, which may need a compiled schema.

    Raises :class:`ManifestInvalid`.
    """
    found = [load_manifest(str(path)) for path in sorted(Path(__file__).parent.glob("**/manifest.toml"))]
    return {one.connector: one for one in found}


@dataclass(frozen=True, slots=True)
class Binding:
    """One connector for one body: where it is, whose it is, and its secrets once resolved from their references.

    ``operations`` are what the body's habilitation enables, where a connector can do more than one body may ask, and
    of every other connector what the body is told or asked regularly;
    ``closed`` is when this body is closed, beside what its connector's manifest says of every body; ``token_url`` is
    where a partner that wants client credentials gives tokens.
    """

    slug: str
    base_url: str
    siret: Siret
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    operations: frozenset[str] = frozenset()
    closed: tuple[Window, ...] = ()
    token_url: str = ""

    def secret(self, name: str) -> str:
        """Return the secret called ``name``.

        Raises:
            SecretMissing: the binding does not hold it, or it is empty.
        """
        value = self.secrets.get(name)
        if value is None or not value.get_secret_value():
            raise SecretMissing(f"{self.slug}: {name}")
        return value.get_secret_value()


CommandT_contra = TypeVar("CommandT_contra", contravariant=True)


class Codec(Protocol[CommandT_contra]):
    """A pure translator: no network, clock, randomness, environment or file."""

    @property
    def manifest(self) -> Manifest:
        """The declared contract."""
        ...

    def encode(self, command: CommandT_contra, binding: Binding) -> WireRequest:
        """Write ``command`` as the partner wants it; the same command gives the same bytes."""
        ...

    def decode(self, command: CommandT_contra, exchange: Exchange) -> ExchangeOutcome:
        """Say what ``exchange`` came to. Total: never raises, never returns None, whatever the bytes."""
        ...


class Command(Protocol):
    """What the engine asks of any command: which operation it is, and what makes two of them the same one."""

    @property
    def operation(self) -> str:
        """The operation's name in the manifest."""
        ...

    @property
    def natural_key(self) -> str:
        """The values that the manifest's ``natural_key`` names, as one text; pseudonyms and days, nothing of a person."""
        ...


AskedT = TypeVar("AskedT")


class Replayable(Codec[AskedT], Protocol[AskedT]):
    """A codec whose commands can be kept, sealed, until they are carried out, and read again later."""

    @property
    def commands(self) -> TypeAdapter[AskedT]:
        """Write a command as JSON and read it again; the same command gives the same bytes."""
        ...


@runtime_checkable
class LooksUp(Protocol[AskedT]):
    """A codec that can ask whether a write happened, for operations of the write class ``lookup``."""

    def lookup(self, command: AskedT) -> AskedT | None:
        """Return the read that tells whether ``command`` happened, or None where there is no such read.

        Decoded, it says ``found`` (it happened), ``absent`` or ``empty`` with proof (it did not), ``conflict`` (something
        else is there), or anything else, which tells nothing.
        """
        ...


class Depth(StrEnum):
    """How deep a look at a partner's health goes; each is asked without touching anybody's affairs."""

    REACH = "reach"
    AUTH = "auth"
    CONTRACT = "contract"
    CANARY = "canary"


@runtime_checkable
class Probing(Protocol):
    """A codec that can say how to ask whether a partner is well."""

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return the read that tells, for each depth there is one for.

        Raises :class:`~connectors.errors.SecretMissing`.
        """
        ...

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: ``found`` is well, anything else says what is not. Total, as :meth:`Codec.decode`."""
        ...


class Transport(Protocol):
    """What carries a request and says how far it got."""

    def send(self, request: WireRequest) -> Exchange:
        """Carry ``request``; a fault of the network or the disk is an exchange, never an exception."""
        ...


def unfinished(exchange: Exchange, operation: Operation) -> ExchangeOutcome | None:
    """Return the outcome of a conversation that broke, or None when it is complete.

    Not sent, or a repeat is harmless: unavailable, retry by policy. Otherwise the write may have been applied.
    """
    if exchange.phase is Phase.COMPLETE and exchange.status is not None:
        return None
    safe = exchange.phase is Phase.NOT_SENT or operation.repeatable
    code = f"{exchange.phase}:{exchange.fault or 'unknown'}"
    return ExchangeOutcome(OutcomeKind.UNAVAILABLE if safe else OutcomeKind.IN_DOUBT, code=code)


def retry_after(exchange: Exchange) -> datetime | None:
    """Return the moment the ``Retry-After`` header asks for (RFC 9110 section 10.2.3), at most a day on, or None."""
    text = (exchange.header("retry-after") or "").strip()
    latest = exchange.at + RETRY_AFTER_MAX
    if text.isascii() and text.isdigit():
        return latest if len(text) > 6 else min(exchange.at + timedelta(seconds=int(text)), latest)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(moment, exchange.at), latest)
