"""Commands to SOAP and back: status first, then envelope, fault, error inside a good answer, schema, and what it says."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cache

from lxml import etree
from pydantic import TypeAdapter

from connectors.caisse.commands import COMMANDS, Command, ReservationAsked, Reserve
from connectors.caisse.outcomes import Contradiction, by_status, refusal
from connectors.caisse_soap.reading import find, read, text
from connectors.caisse_soap.writing import (
    CHECK,
    DIALECTS,
    NAMESPACE,
    SOAP,
    Dialect,
    address,
    envelope,
    headers,
    losses,
    payload,
)
from connectors.doubt import unavailable, unsure
from connectors.errors import MessageOutsideContract, XmlRefused
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
from connectors.schemas.contract import Contract
from connectors.schemas.parsing import parse
from contracts.calendar import paris_day
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
_XSD, _WSDL = "caisse", "caisse-wsdl"
_ENVELOPE, _BODY, _FAULT = f"{{{SOAP}}}Envelope", f"{{{SOAP}}}Body", f"{{{SOAP}}}Fault"


@cache
def contract() -> Contract:
    """Return the locked contract, compiled once a process."""
    return Contract.locked(__file__, MANIFEST.contracts, MANIFEST.deviations)


class CaisseSoapCodec:
    """One binding a Caisse; what it decides comes back as :class:`contracts.decisions.Decision`."""

    manifest: Manifest = MANIFEST
    commands: TypeAdapter[Command] = COMMANDS

    def __init__(self, locked: Contract | None = None) -> None:
        """Hold messages against ``locked``, the contract beside this module where none is given."""
        self._locked = locked

    @property
    def _contract(self) -> Contract:
        return contract() if self._locked is None else self._locked

    def encode(self, command: Command, binding: Binding) -> WireRequest:
        """Write ``command``.

        Raises:
            MessageOutsideContract: the message would break the schema; says where, never with what.
            SecretMissing: the binding lacks its credentials.
        """
        body, dialect = payload(command), DIALECTS[command.operation]
        # What we send ourselves is tolerated nothing, on no day.
        verdict = self._contract.check(etree.tostring(body), _XSD, date.min)
        if not verdict.valid:
            first = verdict.breaches[0]
            raise MessageOutsideContract(f"{first.path}: {first.rule}")
        return WireRequest("POST", address(dialect, binding), headers(dialect, binding), envelope(body))

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer; ``losses`` in its data names the children of whom a name could not be written as it is."""
        operation = self.manifest.operations[command.operation]
        outcome = unfinished(exchange, operation) or self._answered(command, operation, exchange)
        lost = losses(command)
        if lost and outcome.kind in (OutcomeKind.APPLIED, OutcomeKind.ACCEPTED, OutcomeKind.PARTIAL):
            outcome.data["losses"] = lost
        return outcome

    def lookup(self, command: Command) -> Command | None:
        """Ask for the basket of a booking; of nothing else can be asked whether it happened."""
        return ReservationAsked(session=command.session, days=command.days) if isinstance(command, Reserve) else None

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return a look at the door, a question under our credentials, and the contract as the partner publishes it."""
        wsdl = f"{address(CHECK, binding)}?wsdl"
        question = etree.Element(f"{{{NAMESPACE}}}{CHECK.request}", nsmap={None: NAMESPACE})
        asking = WireRequest("POST", address(CHECK, binding), headers(CHECK, binding), envelope(question))
        return {
            Depth.REACH: WireRequest("HEAD", address(CHECK, binding)),
            Depth.AUTH: asking,
            Depth.CONTRACT: WireRequest("GET", wsdl),
        }

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: for the contract, whether the published WSDL is the one that is locked."""
        operation = self.manifest.operations["invoices"]
        broken = unfinished(exchange, operation)
        if broken is not None:
            return broken
        if depth is Depth.REACH:
            well = exchange.status is not None and exchange.status < 500
            return _found(exchange) if well else ExchangeOutcome(OutcomeKind.UNAVAILABLE, code=str(exchange.status))
        if depth is Depth.CONTRACT:
            locked = next(each.sha256 for each in self.manifest.contracts if each.id == _WSDL)
            same = exchange.status == 200 and hashlib.sha256(exchange.body).hexdigest() == locked
            return _found(exchange) if same else _breach("wsdl_changed")
        answer = _read(exchange, CHECK, operation)
        return answer if isinstance(answer, ExchangeOutcome) else _found(exchange)

    def _answered(self, command: Command, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
        answer = _read(exchange, DIALECTS[command.operation], operation)
        if isinstance(answer, ExchangeOutcome):
            return answer
        verdict = self._contract.check(etree.tostring(answer), _XSD, paris_day(exchange.at))
        if not verdict.valid:
            return unsure(operation, verdict.outcome.code if verdict.outcome else "schema")
        try:
            found = read(command, answer, exchange.at)
        except Contradiction as error:
            return unsure(operation, str(error))
        except (KeyError, ValueError, TypeError):
            # A tolerated deviation may leave out what reading needs.
            return unsure(operation, "unreadable")
        if verdict.deviations:
            found.data["deviations"] = list(verdict.deviations)
        return found


def _read(exchange: Exchange, dialect: Dialect, operation: Operation) -> etree._Element | ExchangeOutcome:
    """Return the element that answers, or what the exchange came to where there is none."""
    answer = by_status(exchange, operation) or _content(exchange, operation)
    if isinstance(answer, ExchangeOutcome):
        return answer
    if answer.tag == _FAULT:
        return _fault(answer, exchange, operation)
    if exchange.status != 200 or answer.tag != f"{{{NAMESPACE}}}{dialect.response}":
        return unsure(operation, "unexpected_element")
    error = find(answer, "erreur")
    if error is None:
        return answer if answer.get("etat") == "ok" else unsure(operation, "error_without_code")
    return refusal(text(error, "code"), text(error, "jusqua"), exchange, operation)


def _content(exchange: Exchange, operation: Operation) -> etree._Element | ExchangeOutcome:
    """Return the one element that the body of the message holds."""
    try:
        root = parse(exchange.body).root
    except XmlRefused as refused:
        return unsure(operation, type(refused).__name__)
    bodies = root.findall(_BODY) if root.tag == _ENVELOPE else []
    return bodies[0][0] if len(bodies) == 1 and len(bodies[0]) == 1 else unsure(operation, "no_soap_body")


def _fault(fault: etree._Element, exchange: Exchange, operation: Operation) -> ExchangeOutcome:
    code = (fault.findtext("faultcode") or "").strip().rpartition(":")[2]
    detail = fault.find("detail")
    error = None if detail is None else find(detail, "erreur")
    if error is not None:
        return refusal(text(error, "code"), text(error, "jusqua"), exchange, operation)
    if code == "Client":
        return ExchangeOutcome(OutcomeKind.REJECTED, code="Client")
    # « Server » is also said of what was done before it fell.
    return unavailable(operation, code if code == "Server" else "fault")


def _breach(code: str) -> ExchangeOutcome:
    return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code=code)


def _found(exchange: Exchange) -> ExchangeOutcome:
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)
