"""What the agents' pages show, worked out beforehand so that the templates only lay out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.documents import EvidenceType, Outcome
from contracts.identifiers import Siret
from contracts.reviews import UNSURE, ReviewReason, reasons_for
from hub.persons.links import Authority, Kind, Source
from hub.requirements.catalogue import Catalogue
from hub.reviews.deciding import ABOUT_GUARDIANS, JUDGMENT, NOTE_MAX, LinkFinding, Opinion
from hub.reviews.queue import Backlog, ReviewLine
from hub.reviews.subjects import ChildSeen, GuardianSeen, PersonSeen, ReviewDetail
from hub.web import agent_words as words
from hub.web.forms import FieldError
from hub.web.views import Option
from hub.web.words import born

OTHER_CHILD = "autre"
"""What the form says for a child nobody here knows: a homonym born the same day, or one never seen."""


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """One review as the queue shows it."""

    review_id: UUID
    title: str
    body: str
    paper: str
    why: str
    age: str
    since: datetime
    state: str
    tone: str
    opinions: str


@dataclass(frozen=True, slots=True)
class BacklogCard:
    """How much waits for one service of one body."""

    body: str
    service: str
    waiting: int
    taken: int
    age: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Somebody, in words."""

    value: str
    name: str = field(repr=False)
    born: str = field(repr=False)
    place: str = field(repr=False)
    grade: str
    guardians: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CheckCard:
    """What was checked on a paper's form."""

    name: str
    word: str
    tone: str
    about: str | None


@dataclass(frozen=True, slots=True)
class PaperCard:
    """The paper of a review."""

    name: str
    grade: str
    issued_on: date | None
    received_at: datetime
    checks: tuple[CheckCard, ...]


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """What an agent chooses from, and what they chose before an error sent the page back."""

    passed: tuple[Option, ...]
    failed: tuple[Option, ...]
    unsure: Option
    adults: tuple[Option, ...]
    children: tuple[Option, ...]
    kinds: tuple[Option, ...]
    authorities: tuple[Option, ...]
    since: str = ""
    until: str = ""
    note: str = ""
    note_max: int = NOTE_MAX


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review whole, while it is the agent's."""

    card: ReviewCard
    adult: PersonCard
    asked: PersonCard | None
    children: tuple[PersonCard, ...]
    paper: PaperCard | None
    opinions: tuple[tuple[str, str], ...]
    noted: bool
    is_link: bool
    question: str
    asked_title: str
    asked_by: str | None
    """The body that asks to be linked, by name."""
    form: DecisionForm


def review_card(catalogue: Catalogue, line: ReviewLine, *, now: datetime) -> ReviewCard:
    """Return one line of the queue in words; it names nobody."""
    more = line.opinions_needed > 1 or line.opinions > 0
    return ReviewCard(
        review_id=line.review_id,
        title=_title(catalogue, line),
        body=catalogue.bodies[Siret(line.body)].name,
        paper=_paper_name(catalogue, line.evidence_type),
        why=words.why(line.reason),
        age=words.age(line.created_at, now),
        since=line.created_at,
        state=words.STATES[line.state],
        tone=words.TONES[line.state],
        opinions=f"{line.opinions} avis donné" + ("s" if line.opinions > 1 else "") if more else "",
    )


def backlog_card(catalogue: Catalogue, backlog: Backlog, *, now: datetime) -> BacklogCard:
    """Return the figures of one queue in words."""
    return BacklogCard(
        body=catalogue.bodies[Siret(backlog.body)].name,
        service=service_name(catalogue, backlog.service),
        waiting=backlog.waiting,
        taken=backlog.taken,
        age=words.age(backlog.oldest, now),
    )


def service_name(catalogue: Catalogue, service: str) -> str:
    """Return the name of a queue: a service, or family links."""
    known = catalogue.services.get(service)
    return words.FAMILY_LINK if known is None else known.name_fr


def review_page(
    catalogue: Catalogue, detail: ReviewDetail, *, now: datetime, sent: Mapping[str, str] | None = None
) -> ReviewPage:
    """Return a review the agent has taken, with the form as it was sent before, if it was."""
    paper = detail.paper
    return ReviewPage(
        card=review_card(catalogue, detail.line, now=now),
        adult=_person(detail.adult),
        asked=None if detail.asked is None else _person(detail.asked),
        children=tuple(_child(one) for one in detail.children),
        paper=None
        if paper is None
        else PaperCard(
            name=_paper_name(catalogue, paper.evidence_type),
            grade=words.GRADES[paper.grade],
            issued_on=paper.issued_on,
            received_at=paper.received_at,
            checks=tuple(
                CheckCard(
                    name, words.OUTCOMES[one.outcome], words.CHECK_TONES[one.outcome], words.about(one.step, one.reason)
                )
                for one in paper.checks
                if (name := words.check(one.step)) is not None
            ),
        ),
        opinions=tuple((_reason(detail, one.reason), one.note) for one in detail.opinions),
        noted=any(one.noted for one in detail.opinions),
        is_link=detail.line.kind == "family_link",
        question=words.QUESTIONS[detail.line.kind],
        asked_title=words.ASKED.get(detail.line.kind, words.ASKED_CHILD),
        asked_by=detail.asked_by,
        form=_form(detail, sent or {}),
    )


def opinion_of(detail: ReviewDetail, sent: Mapping[str, str]) -> tuple[Opinion | None, tuple[FieldError, ...]]:
    """Return what the form says, or what is wrong with it."""
    known = {**reasons_for(detail.line.kind), UNSURE.name: UNSURE}
    reason = known.get(sent.get("reason", ""))
    errors = [] if reason is not None else [FieldError("reason", "Choisissez votre conclusion.")]
    note = sent.get("note", "")
    if len(note) > NOTE_MAX:
        errors.append(FieldError("note", f"Raccourcissez la note : {NOTE_MAX} caractères au plus."))
    link: LinkFinding | None = None
    if reason is not None and detail.line.kind == "family_link" and reason.outcome is Outcome.PASSED:
        link, wrong = _finding(detail, sent)
        errors.extend(wrong)
    if errors or reason is None:
        return None, tuple(errors)
    return Opinion(reason.outcome, reason.name, note, link), ()


def _finding(detail: ReviewDetail, sent: Mapping[str, str]) -> tuple[LinkFinding | None, list[FieldError]]:
    errors = []
    child = sent.get("child", "")
    known = {str(one.person.person_id) for one in detail.children}
    if child not in known and child != OTHER_CHILD:
        errors.append(FieldError("child", "Dites de quel enfant il s'agit."))
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(sent[name]) if sent.get(name) else None
        except ValueError:
            errors.append(FieldError(name, "Écrivez la date comme ceci : 2026-09-01."))
    since, until = days.get("since"), days.get("until")
    if since and until and until < since:
        errors.append(FieldError("until", "La fin est avant le début."))
    if errors:
        return None, errors
    link = LinkFinding(
        adult_id=UUID(sent["adult"]) if sent.get("adult") in _adults(detail) else _adult_id(detail),
        child_id=None if child == OTHER_CHILD else UUID(child),
        kind=Kind(sent["kind"]) if sent.get("kind") in set(Kind) else Kind.PARENT,
        authority=Authority(sent["authority"]) if sent.get("authority") in set(Authority) else Authority.JOINT,
        valid_from=since,
        valid_until=until,
    )
    return link, errors


def _form(detail: ReviewDetail, sent: Mapping[str, str]) -> DecisionForm:
    reasons = tuple(reasons_for(detail.line.kind).values())
    chosen = sent.get("reason", "")
    judgment = detail.line.reason == JUDGMENT
    known = detail.line.reason in ABOUT_GUARDIANS
    children = {str(one.person.person_id): _child_label(one) for one in detail.children}
    if not known:
        children[OTHER_CHILD] = (
            "Un autre enfant, qui a le même nom et la même date de naissance" if children else "Cet enfant, nouveau ici"
        )
    only = next(iter(children)) if len(children) == 1 else ""
    authorities = {one: words.AUTHORITIES[one] for one in Authority if judgment or one is not Authority.WITHDRAWN}
    return DecisionForm(
        passed=_options(reasons, Outcome.PASSED, chosen),
        failed=_options(reasons, Outcome.FAILED, chosen),
        unsure=Option(UNSURE.name, UNSURE.label_fr, chosen == UNSURE.name),
        adults=_choices(_adults(detail) if known else {}, sent.get("adult", "")),
        children=_choices(children, sent.get("child", only)),
        kinds=_choices({one.value: words.KINDS[one] for one in Kind}, sent.get("kind", Kind.PARENT.value)),
        authorities=_choices(
            {one.value: label for one, label in authorities.items()}, sent.get("authority", Authority.JOINT.value)
        ),
        since=sent.get("since", ""),
        until=sent.get("until", ""),
        note=sent.get("note", ""),
    )


def _adults(detail: ReviewDetail) -> dict[str, str]:
    """Return whom a judgment can be about, by identifier."""
    everybody = [detail.adult, *(guardian.person for child in detail.children for guardian in child.guardians)]
    return {str(one.person_id): _name(one) for one in everybody}


def _adult_id(detail: ReviewDetail) -> UUID:
    if detail.adult.person_id is None:
        raise ValueError("the adult of a review is somebody we know")
    return detail.adult.person_id


def _options(reasons: Iterable[ReviewReason], outcome: Outcome, chosen: str) -> tuple[Option, ...]:
    return tuple(Option(one.name, one.label_fr, one.name == chosen) for one in reasons if one.outcome is outcome)


def _choices(choices: Mapping[str, str], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value == chosen) for value, label in choices.items())


def _person(person: PersonSeen) -> PersonCard:
    return PersonCard(
        value="" if person.person_id is None else str(person.person_id),
        name=_name(person),
        born=born(person.born_on),
        place=words.birth_place(person.birth_place),
        grade=words.GRADES[person.grade],
    )


def _child(child: ChildSeen) -> PersonCard:
    known = _person(child.person)
    guardians = tuple(_guardian(one) for one in child.guardians)
    return PersonCard(known.value, known.name, known.born, known.place, known.grade, guardians)


def _guardian(one: GuardianSeen) -> str:
    kind, authority = words.KINDS[Kind(one.kind)].lower(), words.SHORT_AUTHORITIES[Authority(one.authority)]
    return f"{_name(one.person)} : {kind}, autorité {authority}, {words.SOURCES[Source(one.source)]}"


def _child_label(child: ChildSeen) -> str:
    place = f", à {child.person.birth_place}" if child.person.birth_place else ""
    return f"{_name(child.person)}, date de naissance : {born(child.person.born_on)}{place}"


def _name(person: PersonSeen) -> str:
    usage = f" (nom d'usage : {person.usage_name})" if person.usage_name else ""
    return " ".join((*person.given_names, person.family_name)) + usage


def _title(catalogue: Catalogue, line: ReviewLine) -> str:
    service = catalogue.services.get(line.service)
    requirement = None if service is None else next((r for r in service.judged if r.id == line.requirement), None)
    name = service_name(catalogue, line.service)
    return name if requirement is None else f"{name} : {requirement.name_fr}"


def _paper_name(catalogue: Catalogue, kind: str | None) -> str:
    if kind is None:
        return "Sans document"
    known = catalogue.evidence.get(EvidenceType(kind))
    return "Document non reconnu" if known is None else known.name_fr


def _reason(detail: ReviewDetail, name: str) -> str:
    known = reasons_for(detail.line.kind).get(name, UNSURE)
    return known.label_fr
