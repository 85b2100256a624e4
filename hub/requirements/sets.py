"""All of a family's papers against one requirement: alternatives, sets that are complete only together, contradictions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from contracts.calendar import paris_day
from contracts.documents import GRADE_ORDER, EvidenceType, Grade, Outcome
from contracts.readings import Field
from hub.requirements.catalogue import Catalogue
from hub.requirements.couples import couple
from hub.requirements.entries import AllOf, OneOf, Piece, Requirement, pieces
from hub.requirements.facts import Case, EvidenceFacts, Judgement
from hub.requirements.families.residence import address_of, host_of
from hub.requirements.names import fold
from hub.requirements.rules import RANK, look_at

SET_INCOMPLETE = "set_incomplete"


@dataclass(frozen=True, slots=True)
class Weighed:
    """One paper judged, with the other papers of its set; ``order`` says how willingly it is taken, least first."""

    evidence: EvidenceFacts
    judgement: Judgement
    order: int
    rests_on: tuple[EvidenceFacts, ...] = ()
    attached: bool = False
    """It goes with another paper and is never what a requirement rests on by itself."""

    @property
    def grade(self) -> Grade:
        """The weakest grade of the paper and what it rests on; it travels with every use."""
        return min((self.evidence.grade, *(other.grade for other in self.rests_on)), key=GRADE_ORDER.index)


Decide = Callable[[EvidenceFacts, Callable[[EvidenceFacts], Judgement]], Judgement]
"""How a paper is judged by the rules that know its place: by them alone, or by what an agent said of it."""


def by_the_rules(paper: EvidenceFacts, rules: Callable[[EvidenceFacts], Judgement]) -> Judgement:
    """Judge a paper by the rules alone."""
    return rules(paper)


def weigh(
    requirement: Requirement,
    held: Sequence[EvidenceFacts],
    case: Case,
    catalogue: Catalogue,
    decide: Decide = by_the_rules,
) -> list[Weighed]:
    """Judge every paper of ``held`` that the requirement takes, each once: the best of the places it can take."""
    if requirement.proof is None:
        return []
    weighing = _Weighing(requirement, held, case.at(requirement), catalogue, decide)
    found: list[Weighed] = []
    for order, branch in enumerate(requirement.proof.any_of):
        found += weighing.set(branch, order) if isinstance(branch, AllOf) else weighing.alone(branch, order)
    found = _with_the_second_notice(_since_the_request(found, weighing.case), weighing)
    return [_best(group) for group in _by_evidence(_without_contradictions(found))]


def choose(weighed: Iterable[Weighed]) -> Weighed | None:
    """Return what the requirement can rest on: by the catalogue's order, then the stronger grade, then the newer paper."""
    passed = [one for one in weighed if one.judgement.outcome is Outcome.PASSED and not one.attached]
    return min(passed, key=_preference, default=None)


def _preference(one: Weighed) -> tuple[int, int, int]:
    issued_on = one.evidence.issued_on
    return one.order, -GRADE_ORDER.index(one.grade), -(issued_on.toordinal() if issued_on else 0)


@dataclass(frozen=True, slots=True)
class _Weighing:
    requirement: Requirement
    held: Sequence[EvidenceFacts]
    case: Case
    catalogue: Catalogue
    decide: Decide

    def alone(self, piece: Piece, order: int) -> list[Weighed]:
        return [Weighed(paper, judged, order) for paper, judged in self._of(piece, self.case)]

    def set(self, branch: AllOf, order: int) -> list[Weighed]:
        found: list[Weighed] = []
        for paper, judged in self._of(branch.lead, self.case):
            case = self.case
            if paper.evidence_type is EvidenceType.HOSTING_STATEMENT:
                case = replace(case, host=host_of(paper))
            found += self._together(Weighed(paper, judged, order), branch, case)
        return found

    def _together(self, lead: Weighed, branch: AllOf, case: Case) -> list[Weighed]:
        """Judge what goes with the paper that leads the set; together they pass, or none of them does."""
        attached, missing, unsure = self._attachments(lead, branch, case)
        judged, judgement = lead, lead.judgement
        complete = not missing and not unsure
        if judgement.outcome is Outcome.PASSED and not complete:
            outcome = Outcome.FAILED if missing else Outcome.INCONCLUSIVE
            reason = "attachments_missing" if missing else "attachment_to_check"
            told = {**judgement.decided_on, **({"missing": ",".join(missing)} if missing else {})}
            judged = replace(lead, judgement=Judgement(outcome, reason, judgement.rule, told))
        elif judgement.outcome is Outcome.PASSED:
            until = [j.good_until for _, j in attached if j.good_until] + [judgement.good_until or None]
            first = min((day for day in until if day is not None), default=None)
            papers = tuple(paper for paper, _ in attached)
            judged = replace(lead, rests_on=papers, judgement=replace(judgement, good_until=first))
        whole = judged.judgement.outcome is Outcome.PASSED
        return [judged, *(self._attached(paper, found, lead.order, whole=whole) for paper, found in attached)]

    def _attachments(
        self, lead: Weighed, branch: AllOf, case: Case
    ) -> tuple[list[tuple[EvidenceFacts, Judgement]], list[str], bool]:
        attached: list[tuple[EvidenceFacts, Judgement]] = []
        missing, unsure, used = [], False, [lead.evidence]
        for member in branch.all_of[1:]:
            candidates = [one for piece in pieces(member) for one in self._of(piece, case) if one[0] not in used]
            best = max(candidates, key=lambda one: RANK.index(one[1].outcome), default=None)
            if best is not None:
                attached.append(best)
                used.append(best[0])
            if best is None or best[1].outcome is Outcome.FAILED:
                missing.append(_name(member))
            unsure = unsure or (best is not None and best[1].outcome is Outcome.INCONCLUSIVE)
        return attached, missing, unsure

    @staticmethod
    def _attached(paper: EvidenceFacts, found: Judgement, order: int, *, whole: bool) -> Weighed:
        if found.outcome is Outcome.PASSED and not whole:
            found = Judgement(Outcome.FAILED, SET_INCOMPLETE, found.rule, found.decided_on)
        return Weighed(paper, found, order, attached=True)

    def _of(self, piece: Piece, case: Case) -> list[tuple[EvidenceFacts, Judgement]]:
        return [
            (paper, self.decide(paper, lambda facts: look_at(facts, piece, self.requirement, case, self.catalogue)))
            for paper in self.held
            if paper.evidence_type is piece.type
        ]


def _name(member: Piece | OneOf) -> str:
    first = pieces(member)[0]
    return f"{first.type.value}:{'address' if first.shows_address else first.of.value}"


def _by_evidence(found: Iterable[Weighed]) -> Iterable[list[Weighed]]:
    groups: dict[UUID | int, list[Weighed]] = defaultdict(list)
    for one in found:
        groups[one.evidence.key or id(one.evidence)].append(one)
    return groups.values()


def _best(group: Sequence[Weighed]) -> Weighed:
    def rank(one: Weighed) -> tuple[int, int]:
        # A good attachment whose set is not whole needs the family, not an agent.
        waiting = one.judgement.reason == SET_INCOMPLETE
        return (2 if waiting else RANK.index(one.judgement.outcome) * 2 - 1), -one.order

    return max(group, key=rank)


def _since_the_request(found: list[Weighed], case: Case) -> list[Weighed]:
    """Let a quotient read for this request replace what was read before it: it is re-dated, and nothing overwritten."""
    read = {
        id(one): paris_day(one.evidence.as_of) >= case.reference_date
        for one in found
        if one.judgement.outcome is Outcome.PASSED and one.evidence.as_of is not None
    }
    if not any(read.values()):
        return found
    return [
        replace(one, judgement=Judgement(Outcome.FAILED, "replaced", one.judgement.rule, one.judgement.decided_on))
        if read.get(id(one)) is False
        else one
        for one in found
    ]


def _with_the_second_notice(found: list[Weighed], weighing: _Weighing) -> list[Weighed]:
    """Sum two notices of one household, or wait for the agent who says whether they are of one."""
    notices = [one for one in found if one.evidence.evidence_type is EvidenceType.TAX_NOTICE and not one.attached]
    if len(notices) < 2:
        return found
    told = couple([(one.evidence, one.judgement) for one in notices], weighing.case, weighing.catalogue)
    if told is None:
        return found
    rests_on = () if told.second is None else (told.second,)
    changed = {
        id(one): replace(one, judgement=told.judgement, rests_on=rests_on)
        if one.evidence is told.own
        else replace(one, attached=True)
        for one in notices
        if one.evidence is told.own or one.evidence is told.second
    }
    return [changed.get(id(one), one) for one in found]


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a paper says that another may contradict; of two in time the later replaces the earlier."""

    slot: tuple[str, ...]
    value: Any
    when: Any = None


def _without_contradictions(found: list[Weighed]) -> list[Weighed]:
    """Let no paper pass that another contradicts."""
    if len(found) < 2:
        return found
    slots: dict[tuple[str, ...], list[tuple[Weighed, _Claim]]] = defaultdict(list)
    for one in found:
        claim = None if one.attached or one.judgement.outcome is not Outcome.PASSED else _claim(one.evidence)
        if claim is not None:
            slots[claim.slot].append((one, claim))
    changed = {id(one): verdict for said in slots.values() for one, verdict in _settled(said)}
    return [changed.get(id(one), one) for one in found]


def _settled(said: list[tuple[Weighed, _Claim]]) -> Iterable[tuple[Weighed, Weighed]]:
    if len({claim.value for _, claim in said}) < 2:
        return
    pulled = [pair for pair in said if pair[0].evidence.grade is Grade.SOURCE_PULLED]
    ranked = pulled or said
    dated = all(claim.when is not None for _, claim in ranked)
    latest = max((claim.when for _, claim in ranked), default=None) if dated else None
    stands = {claim.value for _, claim in ranked if latest is not None and claim.when == latest}
    others = tuple(one.evidence for one, _ in said)
    for one, claim in said:
        if len(stands) == 1 and claim.value in stands:
            continue
        replaced = len(stands) == 1 and (one, claim) in ranked
        outcome, reason = (Outcome.FAILED, "replaced") if replaced else (Outcome.INCONCLUSIVE, "contradiction")
        verdict = Judgement(outcome, reason, one.judgement.rule, one.judgement.decided_on)
        yield one, replace(one, judgement=verdict, rests_on=tuple(o for o in others if o is not one.evidence))


def _claim(paper: EvidenceFacts) -> _Claim | None:
    said, kind = paper.said, paper.evidence_type
    if kind is EvidenceType.TAX_NOTICE:
        return _Claim(("income", said(Field.INCOME_YEAR)), (said(Field.REFERENCE_INCOME), said(Field.PARTS)))
    if kind is EvidenceType.QUOTIENT_FAMILIAL:
        return _Claim(("quotient", str(paper.issued_on)), said(Field.QUOTIENT_FAMILIAL), paper.as_of)
    if kind in (EvidenceType.BIRTH_CERTIFICATE, EvidenceType.FAMILY_RECORD_BOOK):
        parents = frozenset(filter(None, (_parent(paper, number) for number in (1, 2))))
        return _Claim(("parents",), parents) if parents else None
    if kind is EvidenceType.PROOF_OF_ADDRESS:
        address = address_of(paper)
        return None if address is None else _Claim(("address",), tuple(map(fold, address)), paper.issued_on)
    if kind is EvidenceType.CUSTODY_JUDGMENT:
        ordered = (said(Field.AUTHORITY), fold(said(Field.CHILD_RESIDENCE)))
        return _Claim(("judgment",), ordered, paper.issued_on)
    return None


def _parent(paper: EvidenceFacts, number: int) -> str:
    family = fold(paper.said(Field(f"parent_{number}_family_name")))
    given = fold(paper.said(Field(f"parent_{number}_first_names"))).split()
    return f"{family} {given[0] if given else ''}".strip()
