"""A Caisse that speaks the SOAP dialect: it holds what it gets against the schema, and answers by the same."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from lxml import etree

from connectors.caisse_soap import codec
from connectors.caisse_soap.writing import NAMESPACE, SOAP, envelope
from connectors.errors import XmlRefused
from connectors.port import WireRequest
from connectors.sandbox.caisses.books import Books, Decided
from connectors.sandbox.wire import Answer, header_of, until
from connectors.schemas.parsing import parse
from contracts.calendar import paris_day

_N = f"{{{NAMESPACE}}}"
_WSDL = Path(codec.__file__).with_name("schemas") / "caisse.wsdl"
_REMEDIES = (("gracieux", "La Caisse des écoles"), ("contentieux", "Tribunal administratif de Paris"))


@dataclass
class SoapCaisse:
    """One Caisse; ``login`` and ``password`` are what it knows us by."""

    login: str
    password: str = field(repr=False)
    now: Callable[[], datetime]
    books: Books = field(default_factory=Books)
    renamed: bool = False
    """Whether a new version was released without a word: an element has another name, and so has the contract."""

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        if request.method == "GET":
            return Answer(200, _WSDL.read_bytes() + (b"<!-- 1.1 -->\n" if self.renamed else b""), _type("text/xml"))
        if request.method == "HEAD":
            return Answer(200)
        pair = b64encode(f"{self.login}:{self.password}".encode()).decode()
        if header_of(request, "authorization") != f"Basic {pair}":
            return Answer(401)
        try:
            payload = parse(request.body).root.find(f"{{{SOAP}}}Body/*")
        except XmlRefused:
            payload = None
        if payload is None or not codec.contract().check(etree.tostring(payload), "caisse", date.min).valid:
            return _fault("Client")
        name = etree.QName(payload).localname.removesuffix("Demande")
        return self._said(_ANSWERS[name](self, payload))

    def trouble(self, kind: str, request: WireRequest) -> Answer | None:
        """Return how this dialect says a trouble: as a fault, or inside a good answer."""
        name = header_of(request, "soapaction").strip('"').rpartition("#")[2]
        if kind == "fault_in_200":
            return Answer(200, _fault("Server").body, _type("text/xml"))
        if kind == "error_in_200":
            return self._error(name, "INDISPONIBLE")
        if kind == "closed":
            return self._error(name, "FERME", until(self.now()))
        if kind == "new_version":
            self.renamed = True
        return None

    def _error(self, name: str, code: str, till: datetime | None = None) -> Answer:
        element = etree.Element(f"{_N}erreur")
        etree.SubElement(element, f"{_N}code").text = code
        if till is not None:
            etree.SubElement(element, f"{_N}jusqua").text = till.isoformat()
        root = _root(name, "erreur")
        root.append(element)
        return Answer(200, envelope(root), _type("text/xml"))

    def _said(self, root: etree._Element) -> Answer:
        body = envelope(root)
        if self.renamed:
            body = body.replace(b"numero>", b"numeroDossier>").replace(b"<total>", b"<nombreTotal>")
            body = body.replace(b"</total>", b"</nombreTotal>").replace(b"nombre>", b"combien>")
        return Answer(200, body, _type("text/xml"))

    def _check(self, _: etree._Element) -> etree._Element:
        root = _root("verifier", "ok")
        root.set("version", "1.0")
        return root

    def _register(self, asked: etree._Element) -> etree._Element:
        root = _root("inscrire", "ok")
        root.append(self._enrol(asked[0], asked.get("reference", "")))
        return root

    def _enrol(self, line: etree._Element, reference: str) -> etree._Element:
        key, band = _text(line, "ligne"), _text(line, "trancheProposee")
        fresh = self.books.enrol(
            key,
            _text(line, "enfant/reference"),
            _text(line, "enfant/nom"),
            service=_text(line, "activite"),
            year=_text(line, "anneeScolaire"),
            band=int(band) if band else None,
            on=paris_day(self.now()),
        )
        return _result(reference, "ENREGISTREE" if fresh else "DEJA", self.books.enrolled[key].number)

    def _reserve(self, asked: etree._Element) -> etree._Element:
        session, days = asked.get("session", ""), tuple(sorted(e.text or "" for e in asked.iter(f"{_N}jour")))
        fresh = self.books.book(session, days)
        suite = "CONFLIT" if fresh is None else "ENREGISTREE" if fresh else "DEJA"
        root = _root("reserver", "ok")
        root.append(_result(session, suite, self.books.booked[session][0]))
        return root

    def _reservation(self, asked: etree._Element) -> etree._Element:
        session = asked.get("session", "")
        root = _root("consulterReservation", "ok")
        root.set("session", session)
        known = self.books.booked.get(session)
        if known is None:
            etree.SubElement(root, f"{_N}inconnue")
            return root
        element = etree.SubElement(root, f"{_N}reservation")
        etree.SubElement(element, f"{_N}numero").text = known[0]
        for day in known[1]:
            etree.SubElement(element, f"{_N}jour").text = day
        return root

    def _families(self, asked: etree._Element) -> etree._Element:
        root = _root("synchroniserFamilles", "ok")
        for family in asked.iter(f"{_N}famille"):
            reference = family.get("reference", "")
            if (survivor := self.books.merged.get(reference)) is not None:
                root.append(_merged(reference, survivor))
                continue
            lines = family.findall(f"{_N}inscription")
            for line in lines:
                self._enrol(line, reference)
            for gone in family.findall(f"{_N}sortie"):
                self.books.leave(gone.text or "")
            self.books.families.setdefault(reference, set()).update(_text(line, "ligne") for line in lines)
            root.append(_result(reference, "ENREGISTREE", f"S-{reference[-4:]}"))
        return root

    def _decisions(self, asked: etree._Element) -> etree._Element:
        found = self.books.decisions(
            date.fromisoformat(asked.get("depuis", "")), date.fromisoformat(asked.get("avant", ""))
        )
        root = _root("decisionsTarif", "ok")
        etree.SubElement(root, f"{_N}total").text = str(len(found))
        for one in found[:500]:
            root.append(_decision(one))
        return root

    def _invoices(self, asked: etree._Element) -> etree._Element:
        family = asked.get("famille", "")
        found = self.books.invoices(family)
        root = _root("factures", "ok")
        root.set("famille", family)
        if found is None:
            etree.SubElement(root, f"{_N}familleInconnue")
            return root
        for one in found:
            told = {"numero": one.number, "emiseLe": one.issued_on.isoformat(), "echeance": one.due_on.isoformat()}
            element = etree.SubElement(root, f"{_N}facture", told, montant=str(one.cents), regle=str(one.paid))
            etree.SubElement(element, f"{_N}ligne", libelle="Restauration", montant=str(one.cents))
        etree.SubElement(root, f"{_N}nombre").text = str(len(found))
        etree.SubElement(root, f"{_N}du").text = str(sum(one.cents - one.paid for one in found))
        return root


_ANSWERS: dict[str, Callable[[SoapCaisse, etree._Element], etree._Element]] = {
    "verifier": SoapCaisse._check,  # noqa: SLF001 - the table of this very class
    "inscrire": SoapCaisse._register,  # noqa: SLF001 - the same
    "reserver": SoapCaisse._reserve,  # noqa: SLF001 - the same
    "consulterReservation": SoapCaisse._reservation,  # noqa: SLF001 - the same
    "synchroniserFamilles": SoapCaisse._families,  # noqa: SLF001 - the same
    "decisionsTarif": SoapCaisse._decisions,  # noqa: SLF001 - the same
    "factures": SoapCaisse._invoices,  # noqa: SLF001 - the same
}


def _type(media_type: str) -> tuple[tuple[str, str], ...]:
    return (("content-type", f"{media_type}; charset=utf-8"),)


def _root(name: str, state: str) -> etree._Element:
    return etree.Element(f"{_N}{name}Reponse", {"etat": state}, nsmap={None: NAMESPACE})


def _text(parent: etree._Element, path: str) -> str:
    return parent.findtext("/".join(f"{_N}{part}" for part in path.split("/"))) or ""


def _result(reference: str, suite: str, number: str) -> etree._Element:
    root = etree.Element(f"{_N}resultat", reference=reference)
    etree.SubElement(root, f"{_N}suite").text = suite
    etree.SubElement(root, f"{_N}numero").text = number
    return root


def _merged(reference: str, survivor: str) -> etree._Element:
    root = etree.Element(f"{_N}resultat", reference=reference)
    etree.SubElement(root, f"{_N}suite").text = "FUSIONNEE"
    etree.SubElement(root, f"{_N}referenceSurvivante").text = survivor
    return root


def _decision(one: Decided) -> etree._Element:
    root = etree.Element(f"{_N}decision", numero=one.number)
    told = {
        "ligne": one.line,
        "activite": one.service,
        "tranche": one.band,
        "decideLe": one.decided_on.isoformat(),
        "effet": one.valid_from.isoformat(),
        "fin": one.valid_until.isoformat(),
        "notifieLe": one.decided_on.isoformat(),
    }
    for name, text in told.items():
        etree.SubElement(root, f"{_N}{name}").text = text
    etree.SubElement(root, f"{_N}auteur", service="Service des tarifs", fonction="Responsable")
    for nature, before in _REMEDIES:
        etree.SubElement(root, f"{_N}recours", nature=nature, devant=before, mois="2")
    if one.replaces:
        etree.SubElement(root, f"{_N}precedente", numero=one.replaces, lien="remplace")
    return root


def _fault(code: str) -> Answer:
    root = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soap": SOAP})
    etree.SubElement(root, "faultcode").text = f"soap:{code}"
    etree.SubElement(root, "faultstring").text = "Error"
    return Answer(500, envelope(root), _type("text/xml"))
