"""Commands as SOAP 1.1 messages, document/literal: the same bytes for the same command, and valid before they leave."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from connectors.caisse.commands import (
    Command,
    DecisionsAsked,
    InvoicesAsked,
    Line,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from connectors.caisse.repertoire import LATIN_80, spell
from connectors.port import Binding

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "urn:exemple:caisse-des-ecoles:1"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an operation is called at the other end: the name its messages begin with, and its end-point."""

    name: str
    endpoint: str

    @property
    def request(self) -> str:
        """The element of the message."""
        return f"{self.name}Demande"

    @property
    def response(self) -> str:
        """The element of its answer."""
        return f"{self.name}Reponse"


CHECK = Dialect("verifier", "sante")
DIALECTS = {
    "register": Dialect("inscrire", "inscriptions"),
    "reserve": Dialect("reserver", "reservations"),
    "reservation": Dialect("consulterReservation", "reservations"),
    "synchronise_families": Dialect("synchroniserFamilles", "familles"),
    "tariff_decisions": Dialect("decisionsTarif", "facturation"),
    "invoices": Dialect("factures", "facturation"),
}


def payload(command: Command) -> etree._Element:
    """Return the body of the message for ``command``."""
    root = etree.Element(_q(DIALECTS[command.operation].request), nsmap={None: NAMESPACE})
    _WRITERS[type(command)](root, command)
    return root


def losses(command: Command) -> list[dict[str, str]]:
    """Return which names cannot be written as they are, by the child's pseudonym; never the name."""
    lines = [command.line] if isinstance(command, Register) else []
    if isinstance(command, SynchroniseFamilies):
        lines = list(command.lines())
    return [
        {"reference": str(line.child.reference), "field": name}
        for line in lines
        for name in ("family_name", "first_name")
        if spell(getattr(line.child, name), LATIN_80).lost
    ]


def envelope(body: etree._Element) -> bytes:
    """Return a whole message around ``body``."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def headers(dialect: Dialect, binding: Binding) -> tuple[tuple[str, str], ...]:
    """Return the headers of a message, credentials included.

    Raises:
        SecretMissing: the binding lacks ``login`` or ``password``.
    """
    pair = f"{binding.secret('login')}:{binding.secret('password')}"
    return (
        ("content-type", "text/xml; charset=utf-8"),
        ("soapaction", f'"{NAMESPACE}#{dialect.name}"'),
        ("authorization", f"Basic {b64encode(pair.encode()).decode()}"),
    )


def address(dialect: Dialect, binding: Binding) -> str:
    """Return where the messages of an operation go."""
    return f"{binding.base_url.rstrip('/')}/{dialect.endpoint}"


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(parent: etree._Element, name: str, text: object) -> None:
    etree.SubElement(parent, _q(name)).text = str(text)


def _line(parent: etree._Element, line: Line) -> None:
    element = etree.SubElement(parent, _q("inscription"))
    _text(element, "ligne", line.line)
    child = etree.SubElement(element, _q("enfant"))
    _text(child, "reference", line.child.reference)
    _text(child, "nom", spell(line.child.family_name, LATIN_80).text)
    _text(child, "prenom", spell(line.child.first_name, LATIN_80).text)
    _text(child, "dateNaissance", _day(line.child.birth_date))
    _text(element, "activite", line.service)
    _text(element, "anneeScolaire", line.school_year)
    if line.proposed_band is not None:
        _text(element, "trancheProposee", line.proposed_band)


def _register(root: etree._Element, command: Register) -> None:
    root.set("reference", str(command.line.line))
    _line(root, command.line)


def _reserve(root: etree._Element, command: Reserve) -> None:
    root.set("session", str(command.session))
    _text(root, "ligne", command.line)
    for day in command.days:
        _text(root, "jour", _day(day))


def _reservation(root: etree._Element, command: ReservationAsked) -> None:
    root.set("session", str(command.session))


def _families(root: etree._Element, command: SynchroniseFamilies) -> None:
    root.set("jour", _day(command.day))
    root.set("sequence", str(command.sequence))
    for family in command.families:
        element = etree.SubElement(root, _q("famille"), reference=str(family.reference))
        for line in family.lines:
            _line(element, line)
        for gone in family.gone:
            _text(element, "sortie", gone)


def _decisions(root: etree._Element, command: DecisionsAsked) -> None:
    root.set("depuis", _day(command.since))
    root.set("avant", _day(command.until))
    if command.cursor:
        root.set("curseur", command.cursor)


def _invoices(root: etree._Element, command: InvoicesAsked) -> None:
    root.set("famille", str(command.family))
    root.set("jour", _day(command.day))


def _day(day: date) -> str:
    return day.isoformat()


_WRITERS: dict[type, Callable[[etree._Element, Any], None]] = {
    Register: _register,
    Reserve: _reserve,
    ReservationAsked: _reservation,
    SynchroniseFamilies: _families,
    DecisionsAsked: _decisions,
    InvoicesAsked: _invoices,
}
