"""What a valid answer says, in our words; whatever it does not say of what was asked is no answer to it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from lxml import etree

from connectors.caisse.commands import (
    DecisionsAsked,
    InvoicesAsked,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from connectors.caisse.outcomes import Contradiction
from connectors.caisse_soap.writing import NAMESPACE
from contracts.calendar import Parity
from contracts.decisions import (
    Amendment,
    AmendmentKind,
    Author,
    Decision,
    DecisionKind,
    Payer,
    Remedy,
    RemedyKind,
)
from contracts.identifiers import PartnerPseudonym, Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind

_SUITES = {
    "ENREGISTREE": OutcomeKind.APPLIED,
    "RECUE": OutcomeKind.ACCEPTED,
    "DEJA": OutcomeKind.DUPLICATE,
    "REFUSEE": OutcomeKind.REJECTED,
    "FUSIONNEE": OutcomeKind.SUPERSEDED,
    "CONFLIT": OutcomeKind.CONFLICT,
}
_DONE = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE})
_REMEDIES = {
    "gracieux": RemedyKind.GRACIOUS,
    "hierarchique": RemedyKind.HIERARCHICAL,
    "mediateur": RemedyKind.MEDIATOR,
    "contentieux": RemedyKind.COURT,
}
_WEEKS = {"toutes": Parity.EVERY, "paires": Parity.EVEN, "impaires": Parity.ODD}
_LINKS = {
    "remplace": AmendmentKind.SUPERSEDES,
    "rectifie": AmendmentKind.CORRECTS,
    "retire": AmendmentKind.WITHDRAWS,
}


def read(command: Any, root: etree._Element, at: datetime) -> ExchangeOutcome:
    """Return what a valid answer comes to; raises :class:`Contradiction`."""
    return _READERS[type(command)](command, root, at)


def find(parent: etree._Element, name: str) -> etree._Element | None:
    """Return the first child called ``name``."""
    return parent.find(f"{{{NAMESPACE}}}{name}")


def text(parent: etree._Element, name: str) -> str:
    """Return the text of the first child called ``name``, or nothing."""
    return (parent.findtext(f"{{{NAMESPACE}}}{name}") or "").strip()


def _all(parent: etree._Element, name: str) -> list[etree._Element]:
    return parent.findall(f"{{{NAMESPACE}}}{name}")


def _registered(command: Register, root: etree._Element, *_: object) -> ExchangeOutcome:
    return _one(root, command.line.line)


def _reserved(command: Reserve, root: etree._Element, *_: object) -> ExchangeOutcome:
    return _one(root, command.session)


def _one(root: etree._Element, asked: UUID) -> ExchangeOutcome:
    result = find(root, "resultat")
    if result is None or result.get("reference") != str(asked):
        raise Contradiction("another_reference")
    return _result(result)


def _result(result: etree._Element) -> ExchangeOutcome:
    kind, number = _SUITES[text(result, "suite")], text(result, "numero")
    if kind in _DONE and not number:
        # « Done » without the number under which it was done proves nothing.
        raise Contradiction("no_number")
    survivor = text(result, "referenceSurvivante")
    if kind is OutcomeKind.SUPERSEDED and not survivor:
        raise Contradiction("no_survivor")
    said = {"new_reference": survivor, "citizen_message": text(result, "messageUsager")}
    return ExchangeOutcome(
        kind, code=text(result, "code"), receipt=number, data={name: value for name, value in said.items() if value}
    )


def _synchronised(command: SynchroniseFamilies, root: etree._Element, *_: object) -> ExchangeOutcome:
    results = {result.get("reference", ""): result for result in _all(root, "resultat")}
    asked = [str(family.reference) for family in command.families]
    if len(_all(root, "resultat")) != len(results) or results.keys() != set(asked):
        raise Contradiction("other_references")
    items = [_item(reference, _result(results[reference])) for reference in asked]
    whole = all(item["outcome"] in _DONE for item in items)
    kind = OutcomeKind.APPLIED if whole else OutcomeKind.PARTIAL
    return ExchangeOutcome(
        kind, code=f"{sum(item['outcome'] in _DONE for item in items)}/{len(items)}", data={"items": items}
    )


def _item(reference: str, outcome: ExchangeOutcome) -> dict[str, Any]:
    told = {"reference": reference, "outcome": outcome.kind.value, "code": outcome.code, "receipt": outcome.receipt}
    return told | outcome.data


def _reservation(command: ReservationAsked, root: etree._Element, at: datetime) -> ExchangeOutcome:
    if root.get("session") != str(command.session):
        raise Contradiction("another_session")
    booked = find(root, "reservation")
    if booked is None:
        return ExchangeOutcome(OutcomeKind.ABSENT, proof="inconnue")
    days = {date.fromisoformat((each.text or "").strip()) for each in _all(booked, "jour")}
    if days != set(command.days):
        return ExchangeOutcome(OutcomeKind.CONFLICT, code="other_days", receipt=text(booked, "numero"))
    return ExchangeOutcome(OutcomeKind.FOUND, receipt=text(booked, "numero"), as_of=at)


def _decisions(command: DecisionsAsked, root: etree._Element, at: datetime) -> ExchangeOutcome:
    found = [_decision(each, command.body) for each in _all(root, "decision")]
    total, following = int(text(root, "total")), text(root, "suivant")
    # The total is that of the window: one page of one may not hold more, and the only page holds all.
    if total < len(found) or (not following and not command.cursor and total != len(found)):
        raise Contradiction("total")
    if not found:
        if following or (total and not command.cursor):
            raise Contradiction("total")
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="total" if not total else "decision")
    data = {"decisions": found, "next": following, "total": total}
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=at, data=data)


def _decision(element: etree._Element, siret: Siret) -> Decision:
    author = find(element, "auteur")
    before = find(element, "precedente")
    told = text(element, "notifieLe")
    return Decision(
        kind=DecisionKind.TARIFF,
        decided_by=siret,
        service=text(element, "activite"),
        line=_pseudonym(text(element, "ligne")),
        number=element.get("numero", ""),
        decided_on=date.fromisoformat(text(element, "decideLe")),
        valid_from=date.fromisoformat(text(element, "effet")),
        valid_until=date.fromisoformat(text(element, "fin")),
        author=Author("", "") if author is None else Author(author.get("service", ""), author.get("fonction", "")),
        remedies=tuple(
            Remedy(_REMEDIES[one.get("nature", "")], one.get("devant", ""), int(one.get("mois", "0")))
            for one in _all(element, "recours")
        ),
        notified_on=date.fromisoformat(told) if told else None,
        band=text(element, "tranche"),
        payers=tuple(_payer(one) for one in _all(element, "payeur")),
        amends=None if before is None else Amendment(_LINKS[before.get("lien", "")], before.get("numero", "")),
    )


def _payer(element: etree._Element) -> Payer:
    return Payer(
        line=_pseudonym(element.get("ligne", "")),
        band=element.get("tranche", ""),
        parity=_WEEKS[element.get("semaines", "toutes")],
        share=int(element.get("part", "100")),
    )


def _pseudonym(said: str) -> PartnerPseudonym:
    return PartnerPseudonym(UUID(said))


def _invoices(command: InvoicesAsked, root: etree._Element, at: datetime) -> ExchangeOutcome:
    if root.get("famille") != str(command.family):
        raise Contradiction("another_family")
    if find(root, "familleInconnue") is not None:
        return ExchangeOutcome(OutcomeKind.ABSENT, proof="familleInconnue")
    invoices = [_invoice(each) for each in _all(root, "facture")]
    due = sum(one["total_cents"] - one["paid_cents"] for one in invoices)
    if int(text(root, "nombre")) != len(invoices) or int(text(root, "du")) != due:
        raise Contradiction("sums")
    if not invoices:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="nombre")
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=at, data={"invoices": invoices, "due_cents": due})


def _invoice(element: etree._Element) -> dict[str, Any]:
    lines = [{"label": one.get("libelle", ""), "cents": int(one.get("montant", "0"))} for one in _all(element, "ligne")]
    total = int(element.get("montant", "0"))
    if sum(line["cents"] for line in lines) != total:  # type: ignore[misc]  # the values of one key are whole numbers
        raise Contradiction("sums")
    return {
        "number": element.get("numero", ""),
        "issued_on": element.get("emiseLe", ""),
        "due_on": element.get("echeance", ""),
        "total_cents": total,
        "paid_cents": int(element.get("regle", "0")),
        "lines": lines,
    }


_READERS: dict[type, Callable[..., ExchangeOutcome]] = {
    Register: _registered,
    Reserve: _reserved,
    ReservationAsked: _reservation,
    SynchroniseFamilies: _synchronised,
    DecisionsAsked: _decisions,
    InvoicesAsked: _invoices,
}
