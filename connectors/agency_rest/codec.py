"""Commands to REST and back: status first, then shape, then whether the answer is about what was asked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from connectors.agency_rest.shapes import Decisions, Done, DoneAll, Health, Invoice, Invoices, Problem, Reservation
from connectors.agency_rest.writing import get, written
from connectors.caisse.commands import (
    COMMANDS,
    Command,
    DecisionsAsked,
    InvoicesAsked,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from connectors.doubt import unavailable, unsure
from connectors.errors import OperationNotEnabled
from connectors.port import (
    Binding,
    Depth,
    Exchange,
    Manifest,
    Operation,
    WireRequest,
    load_manifest,
    unfinished,
)
from connectors.rest import by_status
from contracts.outcomes import ExchangeOutcome, OutcomeKind

AnswerT = TypeVar("AnswerT", bound=BaseModel)
VERSION = "1"
_STATES = {
    "fait": OutcomeKind.APPLIED,
    "deja": OutcomeKind.DUPLICATE,
    "recu": OutcomeKind.ACCEPTED,
    "refus": OutcomeKind.REJECTED,
    "fusion": OutcomeKind.SUPERSEDED,
    "conflit": OutcomeKind.CONFLICT,
}
_DONE = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE})
_UNKNOWN = "inconnu"


class Contradiction(Exception):
    """An answer in its shape that cannot be true: of something else, or with sums that do not add up; says which."""


class _AgencyRestCodec:
    """What all agencies of this dialect share; each has a manifest that says which operations it takes."""

    manifest: Manifest
    commands: TypeAdapter[Command] = COMMANDS

    def encode(self, command: Command, binding: Binding) -> WireRequest:
        """Write ``command``.

        Raises:
            OperationNotEnabled: the agency does not take this operation.
            SecretMissing: the binding lacks its token.
        """
        if command.operation not in self.manifest.operations:
            raise OperationNotEnabled(f"{self.manifest.connector}: {command.operation}")
        return written(command, binding)

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer."""
        operation = self.manifest.operations.get(command.operation)
        if operation is None:
            return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code="not_enabled")
        return (
            unfinished(exchange, operation)
            or by_status(exchange, operation)
            or _refused(exchange, operation)
            or _answered(command, operation, exchange)
        )

    def lookup(self, command: Command) -> Command | None:
        """Ask for the basket of a booking; a keyed write is repeated under its key instead."""
        return ReservationAsked(session=command.session, days=command.days) if isinstance(command, Reserve) else None

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return a look at the agency's health under our token, which also says which version it speaks."""
        asking = get(binding, "sante")
        bare = WireRequest("GET", asking.url, (("accept", "application/json"),))
        return {Depth.REACH: bare, Depth.AUTH: asking, Depth.CONTRACT: asking}

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: for reach any answer of the agency's own will do."""
        operation = self.manifest.operations["tariff_decisions"]
        broken = unfinished(exchange, operation)
        if broken is not None:
            return broken
        if depth is Depth.REACH and exchange.status in (200, 401, 403):
            return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)
        refused = by_status(exchange, operation)
        if refused is not None:
            return refused
        said = _shaped(Health, exchange.body) if exchange.status == 200 else None
        if said is None or (depth is Depth.CONTRACT and said.version != VERSION):
            return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code="shape" if said is None else "version")
        return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)


def _manifest(agency: str) -> Manifest:
    return load_manifest(str(Path(__file__).parent / agency / "codec"))


class CaisseRestCodec(_AgencyRestCodec):
    """A Caisse des écoles that speaks REST."""

    manifest = _manifest("caisse")


class EnrolmentRestCodec(_AgencyRestCodec):
    """The enrolment service of a town hall: school enrolments out, places at a school back."""

    manifest = _manifest("enrolment")


class BursaryRestCodec(_AgencyRestCodec):
    """The bursary body: requests out, what it decided back."""

    manifest = _manifest("bursary")


def _shaped(shape: type[AnswerT], body: bytes) -> AnswerT | None:
    try:
        return shape.model_validate_json(body)
    except (ValidationError, RecursionError):
        return None


def _refused(exchange: Exchange, operation: Operation) -> ExchangeOutcome | None:
    """Return what a refusal in the dialect's own shape comes to; None for an answer."""
    if exchange.status in (200, 201, 202):
        return None
    said = _shaped(Problem, exchange.body)
    if said is None:
        # Something between us and the agency answered.
        return unavailable(operation, str(exchange.status)) if exchange.status != 404 else unsure(operation, "404")
    if exchange.status == 404 and said.code == _UNKNOWN and operation.write_class is None:
        return ExchangeOutcome(OutcomeKind.ABSENT, code=said.code, proof=_UNKNOWN)
    if exchange.status == 409 and said.code == "fusion" and said.nouvelle_reference is not None:
        moved = {"new_reference": str(said.nouvelle_reference)}
        return ExchangeOutcome(OutcomeKind.SUPERSEDED, code=said.code, data=moved)
    kind = {400: OutcomeKind.REJECTED, 422: OutcomeKind.REJECTED, 409: OutcomeKind.CONFLICT}.get(exchange.status or 0)
    if kind is None:
        return unavailable(operation, said.code)
    message = {"citizen_message": said.message} if said.message else {}
    return ExchangeOutcome(kind, code=said.code, data=message)


def _answered(command: Command, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    shape, read = _READERS[type(command)]
    said = _shaped(shape, exchange.body)
    if said is None:
        # Also a warning inside a good answer, or a sign-in page: it is not what was agreed.
        return unsure(operation, "shape")
    try:
        return read(command, said, exchange)
    except Contradiction as error:
        return unsure(operation, str(error))
    except KeyError:
        return unsure(operation, "word")


def _one(asked: UUID, said: Done) -> ExchangeOutcome:
    if said.reference != asked:
        raise Contradiction("another_reference")
    kind = _STATES[said.etat]
    if kind in _DONE and not said.numero:
        raise Contradiction("no_number")
    if kind is OutcomeKind.SUPERSEDED and said.nouvelle_reference is None:
        raise Contradiction("no_survivor")
    told = {"new_reference": str(said.nouvelle_reference or ""), "citizen_message": said.message}
    data: dict[str, Any] = {name: value for name, value in told.items() if value}
    return ExchangeOutcome(kind, code=said.code, receipt=said.numero, data=data)


def _registered(command: Register, said: Done, _exchange: Exchange) -> ExchangeOutcome:
    return _one(command.line.line, said)


def _reserved(command: Reserve, said: Done, _exchange: Exchange) -> ExchangeOutcome:
    return _one(command.session, said)


def _synchronised(command: SynchroniseFamilies, said: DoneAll, _exchange: Exchange) -> ExchangeOutcome:
    by_reference = {one.reference: one for one in said.lignes}
    asked = [family.reference for family in command.families]
    if len(by_reference) != len(said.lignes) or by_reference.keys() != set(asked):
        raise Contradiction("other_references")
    items = []
    for reference in asked:
        outcome = _one(reference, by_reference[reference])
        told = {"reference": str(reference), "outcome": outcome.kind.value, "code": outcome.code}
        items.append(told | {"receipt": outcome.receipt} | outcome.data)
    done = sum(item["outcome"] in _DONE for item in items)
    kind = OutcomeKind.APPLIED if done == len(items) else OutcomeKind.PARTIAL
    return ExchangeOutcome(kind, code=f"{done}/{len(items)}", data={"items": items})


def _reservation(command: ReservationAsked, said: Reservation, exchange: Exchange) -> ExchangeOutcome:
    if said.session != command.session:
        raise Contradiction("another_session")
    if set(said.jours) != set(command.days):
        return ExchangeOutcome(OutcomeKind.CONFLICT, code="other_days", receipt=said.numero)
    return ExchangeOutcome(OutcomeKind.FOUND, receipt=said.numero, as_of=exchange.at)


def _decided(command: DecisionsAsked, said: Decisions, exchange: Exchange) -> ExchangeOutcome:
    found = [one.decision(command.body) for one in said.decisions]
    only_page = not said.suivant and not command.cursor
    if said.total < len(found) or (only_page and said.total != len(found)):
        raise Contradiction("total")
    if not found:
        if said.suivant or (said.total and not command.cursor):
            raise Contradiction("total")
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="total" if not said.total else "decisions")
    data = {"decisions": found, "next": said.suivant, "total": said.total}
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data=data)


def _invoiced(command: InvoicesAsked, said: Invoices, exchange: Exchange) -> ExchangeOutcome:
    if said.famille != command.family:
        raise Contradiction("another_family")
    due = sum(one.montant - one.regle for one in said.factures)
    if said.nombre != len(said.factures) or said.du != due or not all(map(_adds_up, said.factures)):
        raise Contradiction("sums")
    if not said.factures:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="nombre")
    invoices = [_invoice(one) for one in said.factures]
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data={"invoices": invoices, "due_cents": due})


def _adds_up(said: Invoice) -> bool:
    return sum(line.montant for line in said.lignes) == said.montant


def _invoice(said: Invoice) -> dict[str, Any]:
    return {
        "number": said.numero,
        "issued_on": said.emise_le.isoformat(),
        "due_on": said.echeance.isoformat(),
        "total_cents": said.montant,
        "paid_cents": said.regle,
        "lines": [{"label": line.libelle, "cents": line.montant} for line in said.lignes],
    }


_READERS: dict[type, tuple[type[BaseModel], Callable[..., ExchangeOutcome]]] = {
    Register: (Done, _registered),
    Reserve: (Done, _reserved),
    SynchroniseFamilies: (DoneAll, _synchronised),
    ReservationAsked: (Reservation, _reservation),
    DecisionsAsked: (Decisions, _decided),
    InvoicesAsked: (Invoices, _invoiced),
}
