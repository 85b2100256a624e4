"""The connectors that the kit knows how to judge: how each is played, what it is asked, and in which names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from connectors.agency_rest import codec as rest
from connectors.caisse.commands import (
    Child,
    Command,
    DecisionsAsked,
    Family,
    InvoicesAsked,
    Line,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from connectors.caisse_rpc import codec as rpc
from connectors.caisse_soap import codec as soap
from connectors.client_credentials import SignedInTransport
from connectors.hubee import codec as hubee
from connectors.hubee.commands import RECEIVING, Acknowledge
from connectors.notification_store import codec as store
from connectors.notification_store.commands import Show, Shown, Status
from connectors.paris_familles import codec as familles
from connectors.paris_familles.commands import (
    Content,
    ControlCreate,
    ControlUpdate,
    Create,
    RegistrationAsked,
    Update,
)
from connectors.port import Binding, Exchange, Manifest, OperationKind, Replayable, Transport
from connectors.sandbox.agencies.notification_store import NotificationStore
from connectors.sandbox.agencies.paris_familles import PlayedFamilies
from connectors.sandbox.agencies.rest import PlayedAgency
from connectors.sandbox.caisses.rpc import RpcCaisse
from connectors.sandbox.caisses.soap import SoapCaisse
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.wire import Played, PlayedTransport
from connectors.schemas.contract import Contract
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome
from orchestration.conforming.kit import NotApplicable
from orchestration.conforming.town import ASKED, strange, town

NOW = datetime(2026, 9, 14, 9, tzinfo=UTC)
_SIRET = Siret("91000001200013")
_LOGIN, _PASSWORD = "kit-login", "kit-password"


@dataclass(frozen=True, slots=True)
class Subject:
    """One connector under judgement."""

    name: str
    module: ModuleType
    codec: Callable[[Contract | None], Replayable[Any]]
    play: Callable[[Callable[[], datetime]], Played]
    commands: Sequence[Any]
    named: Callable[[str], Any] | None
    """A command about a child of this name; none where no command names anybody."""
    deviation: dict[str, Any] = field(default_factory=dict)
    """A breach that could be declared: what :class:`connectors.schemas.declared.Deviation` needs but its days."""
    drift: tuple[bytes, bytes] = (b"", b"")
    """The same breach in the bytes of an answer: what stands there, and what would."""
    refused: tuple[bytes, bytes] = (b"", b"")
    """What stands in a good answer, and what would where one thing was refused."""
    writes: bytes = b""
    """What the bytes of a write have that no other request has."""
    first: Mapping[str, Any] = field(default_factory=dict)
    """What has to be there before a command can be carried out, by its operation."""
    names_people: bool = True
    dress: Callable[[Transport, Transport, Binding], Transport] = lambda plain, _tokens, _binding: plain
    """What signs in on the way out: of the way, another without faults, and the binding, it makes the way."""
    choke: Callable[[Any], None] | None = None
    """Puts a hundred strange things in front of what the partner has for us, where it is us who might choke."""
    file: str = ""
    """The operation that fetches a file; none where no files are exchanged."""

    def naming(self, name: str) -> Any:
        """Return a command about a child of this name; raises :class:`NotApplicable` where none names anybody."""
        if self.named is None:
            raise NotApplicable("no command names anybody")
        return self.named(name)

    def fresh(self) -> Any:
        """Return a write that is none of those before."""
        if self.named is None:
            return Acknowledge(notification=uuid4())
        return about(self.named("Durand"), uuid4())

    @property
    def manifest(self) -> Manifest:
        """What the connector declares."""
        return self.codec(None).manifest

    @property
    def reads(self) -> list[Any]:
        """Its commands that fetch something."""
        return [one for one in self.commands if self.manifest.operations[one.operation].kind is OperationKind.PULL]


@dataclass
class Stage:
    """A subject with its partner played, without a network."""

    subject: Subject
    now: datetime = NOW
    faults: Faults = field(default_factory=Faults)
    binding: Binding = field(default_factory=lambda: binding_of("kit"))

    def __post_init__(self) -> None:
        """Set the partner up."""
        self.codec = self.subject.codec(None)
        self.partner = self.subject.play(lambda: self.now)
        self.wire = PlayedTransport(self.partner, self.faults, "kit", lambda: self.now)
        tokens = PlayedTransport(self.partner, Faults(), "kit", lambda: self.now)
        self.way = self.subject.dress(self.wire, tokens, self.binding)

    def ask(self, command: Any, fault: str = "") -> ExchangeOutcome:
        """Ask the partner, with one fault on the way if one is named."""
        if fault:
            self.faults.order(FaultOrder.model_validate({"target": "kit", "kind": fault}))
        return self.codec.decode(command, self.way.send(self.codec.encode(command, self.binding)))


def answers(subject: Subject) -> list[tuple[Any, Exchange]]:
    """Return every command with the good answer that its partner gives."""
    stage = Stage(subject)
    return [(one, stage.way.send(stage.codec.encode(one, stage.binding))) for one in subject.commands]


def about(command: Any, line: UUID) -> Any:
    """Return a command that tells of one line, or shows one request, about another one."""
    if isinstance(command, Show):
        return command.model_copy(update={"demand": line})
    field_of = "content" if hasattr(command, "content") else "line"
    return command.model_copy(update={field_of: getattr(command, field_of).model_copy(update={"line": line})})


def line_of(command: Any) -> UUID:
    """Return which line a command tells of, or which request it shows."""
    if isinstance(command, Show):
        return command.demand
    return UUID(str(command.content.line if hasattr(command, "content") else command.line.line))


def binding_of(slug: str, login: str = _LOGIN, password: str = _PASSWORD) -> Binding:
    """Return a binding of the kit with its own secrets."""
    told = {"login": login, "password": password, "token": password, "client_code": login}
    told |= {"client_id": login, "client_secret": password}
    secrets = {name: SecretStr(value) for name, value in told.items()}
    base = f"https://{slug}.invalid/ws"
    return Binding(slug, base, _SIRET, secrets, token_url=f"{base}/oauth2/token")


def _number(last: int) -> UUID:
    return UUID(int=0xC0FFEE00_0000_4000_8000_000000000000 + last)


def _line(last: int, name: str = "Martin") -> Line:
    child = Child(reference=_number(500 + last), family_name=name, first_name="Zoé", birth_date=date(2019, 5, 4))
    return Line(line=_number(last), child=child, service="canteen", school_year="2026-2027", proposed_band=3)


_DAYS = (date(2026, 9, 21), date(2026, 9, 22))
_EVERYTHING: tuple[Command, ...] = (
    Register(line=_line(1)),
    Reserve(session=_number(900), line=_number(1), days=_DAYS),
    ReservationAsked(session=_number(900), days=_DAYS),
    SynchroniseFamilies(
        day=NOW.date(),
        sequence=1,
        families=(Family(reference=_number(700), lines=(_line(2), _line(3))), Family(reference=_number(701))),
    ),
    DecisionsAsked(body=_SIRET, since=date(2026, 9, 1), until=date(2026, 10, 1)),
    InvoicesAsked(family=_number(700), day=NOW.date()),
)


def _named(name: str) -> Command:
    return Register(line=_line(4, name))


def _signed_in(plain: Transport, tokens: Transport, binding: Binding) -> Transport:
    return SignedInTransport(plain, tokens, binding, RECEIVING, lambda: NOW)


def _known(manifest: Manifest) -> tuple[Command, ...]:
    return tuple(one for one in _EVERYTHING if one.operation in manifest.operations)


def _registration(last: int, name: str = "Martin") -> Content:
    told = _line(last, name)
    return Content(
        line=told.line,
        child=told.child.reference,
        family_name=name,
        first_name="Zoé",
        birth_date=told.child.birth_date,
        service="after_school",
        school_year="2026-2027",
    )


_MADE = Create(content=_registration(1))
# What the played partner answers to the first registration of its life, at this moment.
_STATE: dict[str, Any] = {"registration": "REG-000001", "last_update_date": f"{NOW.isoformat()}.000002"}
_FAMILIES: tuple[Any, ...] = (
    _MADE,
    RegistrationAsked(line=_number(1), expect=_MADE.content),
    ControlUpdate(content=_registration(1, "Durand"), **_STATE),
    Update(content=_registration(1, "Durand"), **_STATE),
    ControlCreate(content=_registration(2)),
)


def _agency(name: str, codec: type[Replayable[Any]]) -> Subject:
    """Return an agency of our REST dialect: what it has no schema for cannot be declared either."""
    return Subject(
        name,
        rest,
        lambda _: codec(),
        lambda now: PlayedAgency(_PASSWORD, now),
        _known(codec().manifest),
        _named,
        drift=(b'"tranche"', b'"trancheTarif"'),
        refused=(b'"etat": "fait"', b'"etat": "refus"'),
        writes=b"/inscriptions",
    )


def _shown(demand: UUID, customer: str = "client-1") -> Show:
    told: dict[str, Any] = {"status": Status.ONGOING, "at": NOW, "service": "canteen_tariff", "label": "Cantine"}
    return Show(demand=demand, number=1, customer=customer, **told)


_DASHBOARD: tuple[Any, ...] = (
    _shown(_number(1)),
    Shown(demand=_number(1), number=1, customer="client-1", status=Status.ONGOING, at=NOW),
)


SUBJECTS = {
    one.name: one
    for one in (
        Subject(
            "caisse-soap",
            soap,
            soap.CaisseSoapCodec,
            lambda now: SoapCaisse(_LOGIN, _PASSWORD, now),
            _known(soap.MANIFEST),
            _named,
            {
                "contract": "caisse",
                "xpath": "//c:decision/c:trancheTarif",
                "rule": "renamed",
                "name": "c:tranche",
                "namespaces": {"c": "urn:exemple:caisse-des-ecoles:1"},
            },
            (b"tranche>", b"trancheTarif>"),
            (b"ENREGISTREE", b"REFUSEE"),
            b"inscription",
        ),
        Subject(
            "caisse-rpc",
            rpc,
            rpc.CaisseRpcCodec,
            lambda now: RpcCaisse(_LOGIN, _PASSWORD, now),
            _known(rpc.MANIFEST),
            _named,
            {"contract": "guichet", "xpath": "/decisions/@version", "rule": "unexpected"},
            (b"&lt;decisions ", b'&lt;decisions version="2" '),
            (b'code="0"', b'code="2"'),
            b"inscription",
        ),
        _agency("caisse-rest", rest.CaisseRestCodec),
        _agency("enrolment-rest", rest.EnrolmentRestCodec),
        _agency("bursary-rest", rest.BursaryRestCodec),
        Subject(
            "paris-familles",
            familles,
            lambda _: familles.ParisFamillesCodec(),
            lambda now: PlayedFamilies(_PASSWORD, _LOGIN, now),
            _FAMILIES,
            lambda name: Create(content=_registration(4, name)),
            drift=(b'"registration_id"', b'"registrationId"'),
            refused=(b'"http_code":201,"type":"SUCCESS"', b'"http_code":201,"type":"FAILURE"'),
            writes=b'"attributes"',
            first={"update": _MADE},
        ),
        Subject(
            "notification-store",
            store,
            lambda _: store.NotificationStoreCodec(),
            lambda now: NotificationStore(_PASSWORD, now),
            _DASHBOARD,
            lambda name: _shown(_number(4), name),
            drift=(b"status_id", b"statut_id"),
            writes=b'"notification"',
            names_people=False,
        ),
        Subject(
            "hubee",
            hubee,
            lambda _: hubee.HubeeCodec(),
            town,
            ASKED,
            None,
            drift=(b'"recipient"', b'"destinataire"'),
            dress=_signed_in,
            choke=strange,
            file="attachment",
        ),
    )
}
"""By name; a connector that is not among them cannot be judged yet."""
