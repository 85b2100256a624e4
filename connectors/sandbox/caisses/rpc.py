"""A Caisse of the older kind: one call, one string, a document inside; it books whatever it is told as often as it is told."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from connectors.caisse_rpc import codec
from connectors.caisse_rpc.codec import ALREADY, CHARSET, DONE, NAMESPACE, REFUSED, SOAP, day, message
from connectors.errors import XmlRefused
from connectors.port import WireRequest
from connectors.sandbox.caisses.books import Books
from connectors.sandbox.wire import Answer, header_of
from connectors.schemas.parsing import parse
from contracts.calendar import paris_day

_REMEDY = {"recours": "Tribunal administratif de Paris", "delaiMois": "2"}
_AUTHOR = {"service": "Régie", "fonction": "Régisseur"}


@dataclass
class RpcCaisse:
    """One Caisse; ``login`` and ``password`` are what it knows us by."""

    login: str
    password: str = field(repr=False)
    now: Callable[[], datetime]
    books: Books = field(default_factory=Books)
    renamed: bool = False

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        pair = b64encode(f"{self.login}:{self.password}".encode()).decode()
        if header_of(request, "authorization") != f"Basic {pair}":
            return _reply(etree.Element("retour", code="AUTH"))
        try:
            call = parse(request.body).root.find(f"{{{SOAP}}}Body/{{{NAMESPACE}}}Appel/xml")
            inside = "" if call is None else (call.text or "")
            document = inside.partition("?>")[2].strip().encode()
            root = parse(document).root
        except XmlRefused:
            return Answer(500)
        if not codec.contract().check(document, "guichet", date.min).valid:
            return _refused("Document invalide")
        answered = self._answered(root)
        if self.renamed and "numero" in answered.attrib:
            answered.set("numeroDossier", answered.attrib.pop("numero"))
        if self.renamed and "nombre" in answered.attrib:
            answered.set("combien", answered.attrib.pop("nombre"))
        return _reply(answered)

    def trouble(self, kind: str, _: WireRequest) -> Answer | None:
        """Return how this dialect says a trouble."""
        if kind == "fault_in_200":
            root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
            fault = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
            etree.SubElement(fault, "faultcode").text = "soap:Server"
            return Answer(200, etree.tostring(root))
        if kind == "error_in_200":
            return _reply(etree.Element("retour", code="INDISPONIBLE"))
        if kind == "closed":
            return _reply(etree.Element("retour", code="FERME"))
        if kind == "new_version":
            self.renamed = True
        return None

    def _answered(self, asked: etree._Element) -> etree._Element:
        if asked.tag == "inscription":
            return self._enrolled(asked)
        if asked.tag == "reservation":
            days = tuple(each.text or "" for each in asked)
            key = asked.get("session", "")
            # This software knows no basket: what is told twice is booked twice.
            with self.books.lock:
                self.books.effects[f"book/{key}"] = self.books.effects.get(f"book/{key}", 0) + 1
                self.books.booked[key] = (f"B-{len(self.books.booked) + 1}", days)
                return _done(DONE, key, self.books.booked[key][0])
        return self._decisions(asked) if asked.tag == "listeDecisions" else self._invoices(asked)

    def _enrolled(self, asked: etree._Element) -> etree._Element:
        key, band = asked.get("ligne", ""), asked.get("tranche")
        fresh = self.books.enrol(
            key,
            asked.get("enfant", ""),
            asked.get("nom", ""),
            service=asked.get("activite", ""),
            year=asked.get("annee", ""),
            band=None if band is None else int(band),
            on=paris_day(self.now()),
        )
        return _done(DONE if fresh else ALREADY, key, self.books.enrolled[key].number)

    def _decisions(self, asked: etree._Element) -> etree._Element:
        found = self.books.decisions(day(asked.get("depuis", "")), day(asked.get("avant", "")))
        root = etree.Element("decisions", {"nombre": str(len(found))} | _AUTHOR | _REMEDY)
        for one in found:
            told = {"numero": one.number, "ligne": one.line, "activite": one.service, "tranche": one.band}
            days = {"decideLe": one.decided_on, "effet": one.valid_from, "fin": one.valid_until}
            written = {name: f"{when:%d/%m/%Y}" for name, when in days.items()}
            etree.SubElement(root, "decision", told | written | ({"remplace": one.replaces} if one.replaces else {}))
        return root

    def _invoices(self, asked: etree._Element) -> etree._Element:
        family = asked.get("famille", "")
        found = self.books.invoices(family) or []
        due = sum(one.cents - one.paid for one in found)
        root = etree.Element("factures", famille=family, nombre=str(len(found)), du=str(due))
        for one in found:
            days = {"emise": f"{one.issued_on:%d/%m/%Y}", "echeance": f"{one.due_on:%d/%m/%Y}"}
            cents = {"montant": str(one.cents), "regle": str(one.paid)}
            etree.SubElement(root, "facture", {"numero": one.number} | days | cents)
        return root


def _done(code: str, key: str, number: str) -> etree._Element:
    return etree.Element("retour", code=code, cle=key, numero=number)


def _refused(why: str) -> Answer:
    return _reply(etree.Element("retour", code=REFUSED, texte=why))


def _reply(root: etree._Element) -> Answer:
    document = etree.tostring(root, encoding=CHARSET, xml_declaration=True)
    return Answer(
        200, message("AppelResponse", "retour", document), (("content-type", f"text/xml; charset={CHARSET}"),)
    )
