"""What the pages show, worked out beforehand so that the templates only lay out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.calendar import Parity
from contracts.documents import ANNOUNCED, DECISIONS, GONE, OPENABLE, SEEN_BY_HOLDER, DocumentState, EvidenceType
from contracts.identifiers import Siret
from hub.deposits.listing import DocumentView, UseView
from hub.persons.family import Child
from hub.persons.residences import Question, Residence
from hub.releases.case_copies import CaseCopy
from hub.requirements.catalogue import Catalogue
from hub.school_files.view import FileView, LineView, Renewal, RequirementView, SometimesView
from hub.web import words
from hub.web.decided import DecisionCard, decided_now, decision_cards

DEPOSIT_KINDS = tuple(kind for kind in EvidenceType if kind not in DECISIONS | {EvidenceType.UNKNOWN})
"""What a family may say its paper is; reading decides."""

ACCEPTED = ",".join([*sorted(ANNOUNCED), ".heic", ".heif"])
"""With endings too, for the browsers that know no name for what telephones write."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RequirementCard:
    """One thing a service must know, in words; ``tone`` only repeats for the eye what ``word`` says."""

    name: str
    tone: str
    word: str
    sentences: tuple[str, ...]
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineCard:
    """One service by one body for one child and year."""

    line_id: UUID
    service: str
    body: str
    period: str
    part: str | None
    requested_at: datetime
    to_provide: int
    tariff_band: str | None
    requirements: tuple[RequirementCard, ...]
    sometimes: tuple[str, ...]
    decisions: tuple[DecisionCard, ...]
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class YearCard:
    """The school file of one child for one school year."""

    school_year: str
    lines: tuple[LineCard, ...]
    renewals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChildCard:
    """One child with their school files, latest year first."""

    child_id: UUID
    name: str
    born_on: str
    years: tuple[YearCard, ...]


@dataclass(frozen=True, slots=True)
class PaperCard:
    """One paper of the person's, and what may be done with it now."""

    document_id: UUID
    name: str
    state: str
    tone: str
    sentence: str
    received_at: datetime
    issued_on: date | None
    grade: str | None
    receipt_id: UUID | None
    can_see: bool
    can_erase: bool
    can_replace: bool
    certified: bool
    is_read: bool
    resembles: "tuple[PaperCard, ...]" = ()
    """Earlier papers it looks like, about which the person has not said anything yet."""


@dataclass(frozen=True, slots=True)
class UseCard:
    """What a paper serves for, by name."""

    service: str
    body: str
    requirement: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CopyCard:
    """What a service received and keeps, until when and why."""

    body: str
    service: str
    handed_at: datetime
    keep_until: date
    ended: bool
    why: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with where its paper stands now."""

    number: str
    received_at: datetime
    in_charge: str
    length: int
    held_since: datetime | None
    paper: PaperCard
    uses: tuple[UseCard, ...]
    may_serve: tuple[str, ...]


def moved_question(shown: Question, home: Residence) -> str:
    """Return what a parent is asked when a paper shows another place than they declared."""
    there = f"dans l'arrondissement {shown.sector}" if shown.sector else "hors de Paris"
    here = f"dans l'arrondissement {home.sector}" if home.sector else "hors de Paris"
    return f"Un document que vous avez déposé montre une adresse {there}. Vous avez déclaré que vous habitez {here}."


def child_name(child: Child) -> str:
    """Return the name a parent calls a child's file by."""
    return " ".join((*child.given_names[:1], child.family_name))


def child_cards(children: Iterable[Child], files: Iterable[FileView], today: date) -> tuple[ChildCard, ...]:
    """Return every proved child, with school files where there are some."""
    known = sorted(files, key=lambda file: file.school_year, reverse=True)
    return tuple(
        ChildCard(
            child_id=child.child_id,
            name=child_name(child),
            born_on=child.born_on,
            years=tuple(
                YearCard(
                    file.school_year,
                    tuple(_line_card(line, today) for line in file.lines),
                    tuple(_renewal(item) for item in file.renewals),
                )
                for file in known
                if file.child.child_id == child.child_id
            ),
        )
        for child in children
    )


_PARTS = {Parity.EVEN: "Vous payez les semaines paires.", Parity.ODD: "Vous payez les semaines impaires."}
_WHOLE = 100


def _part(line: LineView) -> str | None:
    return f"Votre part : {line.share} %." if line.share != _WHOLE else _PARTS.get(Parity(line.parity))


def _renewal(item: Renewal) -> str:
    services = ", ".join(item.services)
    return f"{item.name} : ne servira plus à partir du {words.day(item.until)} ({services})."


def _line_card(line: LineView, today: date) -> LineCard:
    # What was decided is said below: never as a proposal, and not a second time as what was awaited.
    decided = decided_now(line, today)
    shown = [item for item in line.requirements if not (decided and item.awaited_from is not None)]
    bands = [item.tariff_band for item in shown if not decided and item.awaited_from is None and item.tariff_band]
    return LineCard(
        line_id=line.line_id,
        service=line.service_name,
        body=line.body_name,
        period=f"Du {words.day(line.valid_from)} au {words.day(line.valid_until)}.",
        part=_part(line),
        requested_at=line.requested_at,
        to_provide=sum(item.state == "missing" for item in line.requirements),
        tariff_band=bands[0] if bands else None,
        decisions=decision_cards(line, today),
        requirements=tuple(requirement_card(item) for item in shown),
        sometimes=tuple(_sometimes(item) for item in line.sometimes),
        waits_for=line.waits_for,
    )


_SHOWN_TO = {"school_head": "la direction de l'école", "leisure_centre": "le centre de loisirs"}


def _sometimes(item: SometimesView) -> str:
    papers = " ou ".join(item.papers)
    if item.shown_to:
        places = " et ".join(_SHOWN_TO[who] for who in item.shown_to)
        return f"{item.name} : à montrer à {places}, qui n'en garde pas de copie ({papers})."
    return f"{item.when} : {papers}."


def requirement_card(view: RequirementView) -> RequirementCard:
    """Say where one requirement stands, who provides it, and what a family can do."""
    hint = (view.hint,) if view.hint else ()
    if view.state == "satisfied" and view.since is not None:
        quality = words.GRADES.get(view.grade or "", "")
        proof = f"{view.by}, {quality}." if quality else f"{view.by}."
        until = (f"Valable jusqu'au {words.day(view.until - timedelta(days=1))}.",) if view.until is not None else ()
        return RequirementCard(view.name, "done", "C'est fait", (proof, f"Depuis le {words.day(view.since)}.", *until))
    if view.state == "fetching":
        sentence = "Nous le demandons pour vous à la CAF ou à la MSA. Vous n'avez rien à faire."
        return RequirementCard(view.name, "waiting", "Nous nous en occupons", (*hint, sentence))
    if view.state == "awaited":
        source = words.AWAITED_FROM.get(view.awaited_from or "", "un autre service")
        sentence = f"Nous attendons la décision de {source}. Vous n'avez rien à faire."
        return RequirementCard(view.name, "waiting", "En attente", (*hint, sentence))
    sworn = ("Vous pouvez aussi le déclarer sur l'honneur auprès du service.",) if view.sworn_statement else ()
    return RequirementCard(view.name, "missing", "À fournir", (*hint, *sworn), view.alternatives)


def paper_name(catalogue: Catalogue, kind: str) -> str:
    """Return what a kind of paper is called; « Document » where nobody knows yet."""
    if kind not in set(EvidenceType):
        return "Document"
    entry = catalogue.evidence.get(EvidenceType(kind))
    return "Document" if entry is None else entry.name_fr


def paper_card(catalogue: Catalogue, view: DocumentView) -> PaperCard:
    """Return one paper in words."""
    state, sentence = words.STATES[view.state], words.state_sentence(view.state, view.reason)
    if view.withdrawn:
        state, sentence = "Effacement en cours", "Ce document ne sert plus à rien et nous l'effaçons."
    elif view.replaced_by is not None and view.state in OPENABLE:
        state, sentence = "Remplacement en cours", "Un autre document prend sa place. Cela prend quelques secondes."
    elif view.held and view.state is not DocumentState.HELD:
        sentence = f"{sentence} {words.KEPT_BY_DECISION}"
    elif view.kind in DECISIONS and view.state is DocumentState.AVAILABLE:
        sentence = "Un service a pris cette décision et nous l'a envoyée. D'autres services peuvent s'en servir."
    elif view.origin != "deposit" and view.state is DocumentState.AVAILABLE:
        sentence = "Nous avons obtenu cette information pour une seule de vos demandes."
    elif view.kind == EvidenceType.UNKNOWN and view.state is DocumentState.AVAILABLE:
        sentence = "Nous n'avons pas reconnu ce document. Montrez-le au guichet ou déposez le PDF d'origine."
    usable = view.state in OPENABLE and not view.withdrawn
    return PaperCard(
        document_id=view.document_id,
        name=paper_name(catalogue, view.kind),
        state=state,
        tone=_TONES[view.state] if not view.withdrawn else "off",
        sentence=sentence,
        received_at=view.received_at,
        issued_on=view.issued_on,
        grade=words.GRADES[view.grade] if usable and view.grade is not None else None,
        receipt_id=view.receipt_id,
        # A pulled datum is no page.
        can_see=view.state in SEEN_BY_HOLDER and not view.withdrawn and view.origin == "deposit",
        can_erase=view.state not in GONE and not view.held and not view.withdrawn,
        can_replace=may_be_replaced(view),
        certified=view.state in GONE,
        is_read=view.state is not DocumentState.RECEIVED,
    )


def may_be_replaced(view: DocumentView) -> bool:
    """Tell whether a newer paper may take the place of this one now."""
    free = not view.withdrawn and not view.held and view.replaced_by is None
    return free and view.state is DocumentState.AVAILABLE and view.origin == "deposit"


def receipt_page(
    catalogue: Catalogue, content: dict[str, Any], view: DocumentView, uses: Iterable[UseView]
) -> ReceiptPage:
    """Return a receipt as it was given, beside what its paper is and serves for now."""
    reuse = content["reuse"]
    return ReceiptPage(
        number=content["receipt"],
        received_at=datetime.fromisoformat(content["received_at"]),
        in_charge=content["in_charge"],
        length=content["length"],
        held_since=None if reuse is None else datetime.fromisoformat(reuse["held_since"]),
        paper=paper_card(catalogue, view),
        uses=use_cards(catalogue, uses),
        may_serve=services_taking(catalogue, view.kind),
    )


def services_taking(catalogue: Catalogue, kind: str) -> tuple[str, ...]:
    """Return the services that a kind of paper can serve for, by name."""
    return tuple(
        service.name_fr
        for service in catalogue.services.values()
        if any(kind in requirement.alternatives for requirement in service.requirements)
    )


def copy_cards(catalogue: Catalogue, copies: Iterable[CaseCopy]) -> tuple[CopyCard, ...]:
    """Return what services received, by name."""
    return tuple(
        CopyCard(
            body=_body(catalogue, copy.recipient),
            service=_purpose(catalogue, copy.purpose),
            handed_at=copy.handed_at,
            keep_until=copy.keep_until,
            ended=copy.ended_at is not None,
            why=copy.why_fr,
        )
        for copy in copies
    )


def use_cards(catalogue: Catalogue, uses: Iterable[UseView]) -> tuple[UseCard, ...]:
    """Return what a paper serves for, by name."""
    return tuple(_use_card(catalogue, use) for use in uses)


def kind_options(catalogue: Catalogue, chosen: str) -> tuple[Option, ...]:
    """Return what a family may say its paper is."""
    known = sorted((catalogue.evidence[kind].name_fr, kind.value) for kind in DEPOSIT_KINDS)
    return tuple(Option(value, name, value == chosen) for name, value in known)


def _use_card(catalogue: Catalogue, use: UseView) -> UseCard:
    service = catalogue.services[use.service]
    requirement = service.requirement(use.requirement)
    name = use.requirement if requirement is None else requirement.name_fr
    return UseCard(service.name_fr, _body(catalogue, use.body), name, use.since)


def _body(catalogue: Catalogue, siret: str) -> str:
    body = catalogue.bodies.get(Siret(siret))
    return "Un organisme" if body is None else body.name


def _purpose(catalogue: Catalogue, purpose: str) -> str:
    return next((s.name_fr for s in catalogue.services.values() if s.purpose.value == purpose), "Une démarche")


_TONES = {
    DocumentState.RECEIVED: "waiting",
    DocumentState.AVAILABLE: "done",
    DocumentState.QUARANTINED: "waiting",
    DocumentState.UNUSABLE: "missing",
    DocumentState.ERASED: "off",
    DocumentState.EXPIRED: "off",
    DocumentState.SUPERSEDED: "waiting",
    DocumentState.HELD: "done",
}
