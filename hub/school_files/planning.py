"""What judging a family comes to, worked out before anything is written: new fits, ended ones, what turns satisfied."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.engine import Row

from contracts.documents import EvidenceType, Grade, Outcome
from contracts.identifiers import Siret, new_uuid
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Requirement, Service
from hub.requirements.facts import Case, EvidenceFacts, Judgement
from hub.requirements.sets import Weighed, choose, weigh
from hub.school_files.agents_say import MARK, Verdict, heed
from hub.school_files.loading import Family, Held
from hub.school_files.tables import FIT, SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class Standing:
    """The fits and satisfactions of some lines as they stand now."""

    fits: Mapping[UUID, Mapping[str, Mapping[UUID, "Row[Any]"]]]
    """By line, requirement and evidence."""
    satisfied: Mapping[UUID, Mapping[str, "Row[Any]"]]
    """By line and requirement."""

    @classmethod
    def of(cls, tx: ReadTx, lines: Collection[UUID]) -> "Standing":
        """Read them in two round trips."""
        wanted = {"lines": list(lines)}
        fits: dict[UUID, dict[str, dict[UUID, Row[Any]]]] = defaultdict(lambda: defaultdict(dict))
        for row in tx.execute(_FITS, wanted).all():
            fits[row.line_id][row.requirement][row.evidence_id] = row
        satisfied: dict[UUID, dict[str, Row[Any]]] = defaultdict(dict)
        for row in tx.execute(_SATISFIED, wanted).all():
            satisfied[row.line_id][row.requirement] = row
        return cls(fits, satisfied)


_NONE: Mapping[Any, Any] = MappingProxyType({})
_LINES = bindparam("lines", type_=ARRAY(Uuid))
_FITS = select(FIT).where(FIT.c.line_id == any_(_LINES), FIT.c.superseded_at.is_(None))
_SATISFIED = (
    select(SATISFACTION, FIT.c.tariff_band)
    .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
    .where(SATISFACTION.c.line_id == any_(_LINES), SATISFACTION.c.until.is_(None))
)


@dataclass(frozen=True, slots=True)
class NewFit:
    """A fit to write, beside the one it ends."""

    fit_id: UUID
    line: "Row[Any]"
    requirement: Requirement
    weighed: Weighed
    document_id: UUID
    reference_date: date
    version: str
    before: "Row[Any] | None"
    by_agent: bool
    presented: bool

    @property
    def judgement(self) -> Judgement:
        """What was decided."""
        return self.weighed.judgement


@dataclass(frozen=True, slots=True)
class Turn:
    """A requirement that comes to rest on evidence, or no longer does."""

    line: "Row[Any]"
    requirement: str
    evidence_id: UUID
    fit_id: UUID | None = None
    grade: Grade | None = None
    satisfaction_id: UUID | None = None
    own: bool = False
    """Whether it is what the body of the line decided itself, of which it needs no telling."""


@dataclass(slots=True)
class Plan:
    """Everything that has to be written for some families."""

    lines: int = 0
    judged: int = 0
    fits: list[NewFit] = field(default_factory=list)
    ended: list[Turn] = field(default_factory=list)
    satisfied: list[Turn] = field(default_factory=list)


def plan(families: Iterable[Family], standing: Standing, catalogue: Catalogue, *, today: date) -> Plan:
    """Judge families against all their lines and return what is new; pure, and the same however often it is asked."""
    made = Plan()
    for family in families:
        for line in family.lines:
            service = catalogue.services.get(line.service)
            if service is not None:
                _line(made, family, (line, service), standing, catalogue, today=today)
                made.lines += 1
    return made


def _line(
    made: Plan,
    family: Family,
    what: tuple["Row[Any]", Service],
    standing: Standing,
    catalogue: Catalogue,
    *,
    today: date,
) -> None:
    line, service = what
    case = family.case(line, service.purpose, sectors=catalogue.bodies[Siret(line.body)].sectors, today=today)
    usable = _latest([held for held in family.held if held.serves(line, service.purpose)])
    fitted, rests = standing.fits.get(line.line_id, _NONE), standing.satisfied.get(line.line_id, _NONE)
    for requirement in service.judged:
        if requirement.proof is None or not requirement.in_force(case.reference_date):
            continue
        found = _weighed(requirement, usable, case, catalogue, _verdicts(family, line, requirement))
        stood = fitted.get(requirement.id, _NONE)
        found += _no_longer_taken(requirement, usable, stood)
        made.judged += len(found)
        fits = [_fit(made, (line, requirement), one, case, stood=stood, catalogue=catalogue) for one in found]
        presented = bool(requirement.presented_to)
        chosen = None if presented else choose(one for one, _, _ in found)
        own = requirement.awaited_from is service.role
        _settle(made, (line, requirement.id, own), fits, rests.get(requirement.id), chosen)
    asked = {requirement.id for requirement in service.judged if requirement.in_force(case.reference_date)}
    for identifier, row in rests.items():
        if identifier not in asked:
            made.ended.append(Turn(line, identifier, row.evidence_id, satisfaction_id=row.satisfaction_id))


def _latest(held: Sequence[Held]) -> list[Held]:
    """Leave out a pulled datum of which the same body pulled a later one: it tells of its own month only."""
    pulled: set[EvidenceType] = set()
    found = []
    for one in held:  # the last recorded first
        kind = one.facts.evidence_type
        if one.usable_by is None or kind not in pulled:
            found.append(one)
        if one.usable_by is not None:
            pulled.add(kind)
    return found


_Found = tuple[Weighed, Held, Verdict | None]


def _verdicts(family: Family, line: "Row[Any]", requirement: Requirement) -> Mapping[UUID, Verdict]:
    if not family.verdicts:
        return {}
    said = ((held, family.verdicts.get((held.document_id, line.line_id, requirement.id))) for held in family.held)
    return {held.evidence_id: verdict for held, verdict in said if verdict is not None}


def _weighed(
    requirement: Requirement,
    usable: Sequence[Held],
    case: Case,
    catalogue: Catalogue,
    verdicts: Mapping[UUID, Verdict],
) -> list[_Found]:
    by_id = {held.evidence_id: held for held in usable if held.facts.evidence_type in requirement.takes}
    if not by_id:
        return []

    def decide(paper: EvidenceFacts, rules: Callable[[EvidenceFacts], Judgement]) -> Judgement:
        verdict = verdicts.get(paper.key) if paper.key is not None else None
        return rules(paper) if verdict is None else heed(paper, verdict, rules)

    papers = [_as_checked(held.facts, verdicts.get(key)) for key, held in by_id.items()]
    found = weigh(requirement, papers, case, catalogue, decide)
    return [(one, by_id[one.evidence.key], verdicts.get(one.evidence.key)) for one in found if one.evidence.key]


def _no_longer_taken(
    requirement: Requirement, usable: Sequence[Held], stood: Mapping[UUID, "Row[Any]"]
) -> list[_Found]:
    """Return what was judged under a catalogue that took it, and is not taken any more."""
    if not stood:
        return []
    gone = [held for held in usable if held.facts.evidence_type not in requirement.takes and held.evidence_id in stood]
    told = Judgement(Outcome.FAILED, "wrong_kind", "kind/1", {})
    return [(Weighed(held.facts, told, 0), held, None) for held in gone]


def _as_checked(facts: EvidenceFacts, verdict: Verdict | None) -> EvidenceFacts:
    if verdict is None or verdict.outcome is not Outcome.PASSED:
        return facts
    # Whatever seal it bears, that it serves here rests on a person's look.
    return replace(facts, grade=Grade.AGENT_CHECKED)


def _fit(
    made: Plan,
    place: tuple["Row[Any]", Requirement],
    found: _Found,
    case: Case,
    *,
    stood: Mapping[UUID, "Row[Any]"],
    catalogue: Catalogue,
) -> tuple[Weighed, UUID]:
    """Return the fit a paper has: the one that stands where it says the same, else a new one."""
    (line, requirement), (weighed, held, verdict) = place, found
    before = stood.get(held.evidence_id)
    if before is not None and _says(before, weighed):
        return weighed, before.fit_id
    new = NewFit(
        fit_id=new_uuid(),
        line=line,
        requirement=requirement,
        weighed=weighed,
        document_id=held.document_id,
        reference_date=case.at(requirement).reference_date,
        version=catalogue.version + (MARK if verdict is not None else ""),
        before=before,
        by_agent=verdict is not None,
        presented=bool(requirement.presented_to),
    )
    made.fits.append(new)
    return weighed, new.fit_id


def _says(row: "Row[Any]", weighed: Weighed) -> bool:
    judgement = weighed.judgement
    said = (row.outcome, row.reason, row.rule, row.tariff_band, row.grade, row.good_until)
    now = (
        judgement.outcome,
        judgement.reason,
        judgement.rule,
        judgement.tariff_band,
        weighed.grade,
        judgement.good_until,
    )
    others = {other.key for other in weighed.rests_on}
    return said == now and set(row.rests_on) == others and row.decided_on == dict(judgement.decided_on)


def _settle(
    made: Plan,
    place: tuple["Row[Any]", str, bool],
    fits: Sequence[tuple[Weighed, UUID]],
    row: "Row[Any] | None",
    chosen: Weighed | None,
) -> None:
    """What a requirement rests on stays as long as it serves and proposes the same; else the best of the rest follows."""
    line, identifier, own = place
    if row is not None:
        kept = next((one for one, _ in fits if one.evidence.key == row.evidence_id and _serves(one)), None)
        if kept is not None:
            chosen = kept
            if (row.tariff_band, row.grade) == (kept.judgement.tariff_band, kept.grade):
                return
        made.ended.append(Turn(line, identifier, row.evidence_id, satisfaction_id=row.satisfaction_id, own=own))
    if chosen is None or chosen.evidence.key is None:
        return
    fit_id = next(identity for one, identity in fits if one is chosen)
    made.satisfied.append(Turn(line, identifier, chosen.evidence.key, fit_id=fit_id, grade=chosen.grade, own=own))


def _serves(one: Weighed) -> bool:
    return one.judgement.outcome is Outcome.PASSED and not one.attached
