"""Commands to one XML document inside a string, and back: the outer message, the string, its schema, and what it says."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from lxml import etree
from pydantic import TypeAdapter

from connectors.caisse.commands import COMMANDS, Command, DecisionsAsked, InvoicesAsked, Register, Reserve
from connectors.caisse.outcomes import Contradiction, by_status, refusal
from connectors.caisse.repertoire import ASCII_UPPER_38, spell
from connectors.doubt import unavailable, unsure
from connectors.errors import MessageOutsideContract, OperationNotEnabled, XmlRefused
from connectors.port import Binding, Exchange, Manifest, Operation, WireRequest, load_manifest, unfinished
from connectors.schemas.contract import Contract
from connectors.schemas.parsing import parse
from contracts.calendar import paris_day
from contracts.decisions import Amendment, AmendmentKind, Author, Decision, DecisionKind, Remedy, RemedyKind
from contracts.identifiers import PartnerPseudonym
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "urn:exemple:guichet"
CHARSET = "iso-8859-1"
_XSD = "guichet"
DONE, ALREADY, REFUSED = "0", "1", "2"
"""What the partner says of a write: it is done, it was done before, it is refused and the text says why."""


@cache
def contract() -> Contract:
    """Return the locked contract, compiled once a process."""
    return Contract.locked(__file__, MANIFEST.contracts, MANIFEST.deviations)


class CaisseRpcCodec:
    """Registrations, bookings, decisions and invoices; it can be asked neither who we are nor what it booked."""

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
            OperationNotEnabled: this software does not know the operation.
            MessageOutsideContract: the document would break the schema; says where, never with what.
            SecretMissing: the binding lacks its credentials.
        """
        document = _document(command)
        verdict = self._contract.check(document, _XSD, date.min)
        if not verdict.valid:
            raise MessageOutsideContract(f"{verdict.breaches[0].path}: {verdict.breaches[0].rule}")
        pair = f"{binding.secret('login')}:{binding.secret('password')}"
        headers = (
            ("content-type", f"text/xml; charset={CHARSET}"),
            ("soapaction", f'"{NAMESPACE}#Appel"'),
            ("authorization", f"Basic {b64encode(pair.encode()).decode()}"),
        )
        return WireRequest(
            "POST", f"{binding.base_url.rstrip('/')}/guichet", headers, message("Appel", "xml", document)
        )

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer; ``losses`` in its data names the children of whom a name could not be written as it is."""
        operation = self.manifest.operations.get(command.operation)
        if operation is None:
            return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code="no_such_operation")
        outcome = unfinished(exchange, operation) or self._answered(command, operation, exchange)
        lost = _losses(command)
        if lost and outcome.kind is OutcomeKind.APPLIED:
            outcome.data["losses"] = lost
        return outcome

    def _answered(self, command: Command, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
        early = by_status(exchange, operation)
        if early is not None:
            return early
        try:
            document = _inside(parse(exchange.body).root)
            if document is None:
                return unavailable(operation, "fault") if exchange.status == 500 else unsure(operation, "no_string")
            root = parse(document).root
        except (XmlRefused, UnicodeEncodeError) as refused:
            return unsure(operation, type(refused).__name__)
        verdict = self._contract.check(document, _XSD, paris_day(exchange.at))
        if not verdict.valid or exchange.status != 200:
            return unsure(operation, verdict.outcome.code if verdict.outcome else "status")
        return _believed(command, root, operation, exchange)


def message(call: str, part: str, document: bytes) -> bytes:
    """Return an outer message: a call whose one part is a string that holds a document."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    called = etree.SubElement(
        etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{NAMESPACE}}}{call}", nsmap={"g": NAMESPACE}
    )
    etree.SubElement(called, part).text = document.decode(CHARSET)
    return etree.tostring(root, encoding=CHARSET, xml_declaration=True)


def day(text: str) -> date:
    """Return the date written ``dd/mm/yyyy``; raises ``ValueError``."""
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone


def _document(command: Command) -> bytes:
    writer = _WRITERS.get(type(command))
    if writer is None:
        raise OperationNotEnabled(command.operation)
    return etree.tostring(writer(command), encoding=CHARSET, xml_declaration=True)


def _written(moment: date) -> str:
    return f"{moment.day:02d}/{moment.month:02d}/{moment.year:04d}"


def _register(command: Register) -> etree._Element:
    line = command.line
    told = {
        "ligne": str(line.line),
        "enfant": str(line.child.reference),
        "nom": spell(line.child.family_name, ASCII_UPPER_38).text,
        "prenom": spell(line.child.first_name, ASCII_UPPER_38).text,
        "naissance": _written(line.child.birth_date),
        "activite": line.service,
        "annee": line.school_year,
    }
    band = {} if line.proposed_band is None else {"tranche": str(line.proposed_band)}
    return etree.Element("inscription", told | band)


def _reserve(command: Reserve) -> etree._Element:
    root = etree.Element("reservation", session=str(command.session), ligne=str(command.line))
    for each in command.days:
        etree.SubElement(root, "jour").text = _written(each)
    return root


def _decisions_asked(command: DecisionsAsked) -> etree._Element:
    return etree.Element("listeDecisions", depuis=_written(command.since), avant=_written(command.until))


def _invoices_asked(command: InvoicesAsked) -> etree._Element:
    return etree.Element("listeFactures", famille=str(command.family))


_WRITERS: Mapping[type, Callable[[Any], etree._Element]] = {
    Register: _register,
    Reserve: _reserve,
    DecisionsAsked: _decisions_asked,
    InvoicesAsked: _invoices_asked,
}


def _losses(command: Command) -> list[dict[str, str]]:
    if not isinstance(command, Register):
        return []
    child = command.line.child
    names = {"family_name": child.family_name, "first_name": child.first_name}
    return [
        {"reference": str(child.reference), "field": field}
        for field, name in names.items()
        if spell(name, ASCII_UPPER_38).lost
    ]


def _believed(command: Command, root: etree._Element, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    try:
        return _read(command, root, operation, exchange)
    except Contradiction as error:
        return unsure(operation, str(error))
    except (KeyError, ValueError, TypeError):
        return unsure(operation, "unreadable")


def _inside(root: etree._Element) -> bytes | None:
    """Return the document in the string of the answer, or None where there is no such string: a fault, a web page."""
    if root.tag != f"{{{SOAP}}}Envelope":
        return None
    found = root.find(f"{{{SOAP}}}Body/{{{NAMESPACE}}}AppelResponse/retour")
    if found is None or len(found):
        return None
    # The string is characters by now: whatever charset it declares inside is what they were written in before.
    inner = (found.text or "").strip()
    declared, end = inner.startswith("<?xml"), inner.find("?>")
    return (inner[end + 2 :] if declared and end > 0 else inner).encode("utf-8")


def _read(command: Command, root: etree._Element, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    if root.tag == "retour" and root.get("code") not in (DONE, ALREADY):
        said = root.get("code", "")
        if said != REFUSED:
            return refusal(said, "", exchange, operation)
        # The reason is a sentence for the family, which may name somebody: it is no code.
        return ExchangeOutcome(OutcomeKind.REJECTED, code=said, data={"citizen_message": root.get("texte", "")})
    if isinstance(command, (Register, Reserve)):
        return _written_down(root, str(command.line.line if isinstance(command, Register) else command.session))
    if isinstance(command, DecisionsAsked) and root.tag == "decisions":
        return _decisions(command, root, exchange.at)
    if isinstance(command, InvoicesAsked) and root.tag == "factures":
        return _invoices(command, root, exchange.at)
    raise Contradiction("unexpected_element")


def _written_down(root: etree._Element, key: str) -> ExchangeOutcome:
    number = root.get("numero", "")
    if root.tag != "retour" or root.get("cle") != key or not number:
        raise Contradiction("another_key")
    kind = OutcomeKind.DUPLICATE if root.get("code") == ALREADY else OutcomeKind.APPLIED
    return ExchangeOutcome(kind, receipt=number)


def _decisions(command: DecisionsAsked, root: etree._Element, at: datetime) -> ExchangeOutcome:
    author = Author(root.get("service", ""), root.get("fonction", ""))
    remedy = Remedy(RemedyKind.COURT, root.get("recours", ""), int(root.get("delaiMois", "0")))
    found = [
        Decision(
            kind=DecisionKind.TARIFF,
            decided_by=command.body,
            service=one.get("activite", ""),
            line=PartnerPseudonym(UUID(one.get("ligne", ""))),
            number=one.get("numero", ""),
            decided_on=day(one.get("decideLe", "")),
            valid_from=day(one.get("effet", "")),
            valid_until=day(one.get("fin", "")),
            author=author,
            remedies=(remedy,),
            band=one.get("tranche", ""),
            amends=None
            if "remplace" not in one.attrib
            else Amendment(AmendmentKind.SUPERSEDES, one.get("remplace", "")),
        )
        for one in root
    ]
    if int(root.get("nombre", "")) != len(found):
        raise Contradiction("total")
    if not found:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="nombre")
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=at, data={"decisions": found, "next": "", "total": len(found)})


def _invoices(command: InvoicesAsked, root: etree._Element, at: datetime) -> ExchangeOutcome:
    invoices: list[dict[str, Any]] = [
        {
            "number": one.get("numero", ""),
            "issued_on": day(one.get("emise", "")).isoformat(),
            "due_on": day(one.get("echeance", "")).isoformat(),
            "total_cents": int(one.get("montant", "")),
            "paid_cents": int(one.get("regle", "")),
        }
        for one in root
    ]
    due = sum(one["total_cents"] - one["paid_cents"] for one in invoices)
    if root.get("famille") != str(command.family):
        raise Contradiction("another_family")
    if int(root.get("nombre", "")) != len(invoices) or int(root.get("du", "")) != due:
        raise Contradiction("sums")
    if not invoices:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="nombre")
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=at, data={"invoices": invoices, "due_cents": due})
