"""Two adults of one household on two tax notices: who the second notice is of, and what both come to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.documents import EvidenceType, Outcome
from contracts.readings import Field
from hub.requirements.catalogue import Catalogue
from hub.requirements.facts import Case, EvidenceFacts, Judgement
from hub.requirements.families.income import NoticeFigures, figures_of, proposed_band, together
from hub.requirements.names import Likeness, likeness

TO_CHECK = "second_notice_to_check"
_OWN = (Likeness.SAME, Likeness.CLOSE)


@dataclass(frozen=True, slots=True)
class Couple:
    """The payer's own notice as it is judged now, and the second one it rests on where both are summed."""

    own: EvidenceFacts
    judgement: Judgement
    second: EvidenceFacts | None


def couple(judged: Sequence[tuple[EvidenceFacts, Judgement]], case: Case, catalogue: Catalogue) -> Couple | None:
    """Judge the payer's own notice anew where the payer also handed in another adult's of the same income year.

    That adult may live with the payer or not: nothing on the paper says so, and an agent does. Until then the own notice
    is *inconclusive*, since its quotient alone would be too low. Once an agent let the second one pass, both are summed;
    if the agent refused it, the own one stands alone and nothing is returned.
    """
    own = [(paper, found) for paper, found in judged if _is_own(paper, case) and found.outcome is Outcome.PASSED]
    if len(own) != 1:
        return None
    paper, found = own[0]
    others = [one for one in judged if _goes_with(one, paper, case)]
    if len(others) != 1:
        return None
    second, seen = others[0]
    figures, more = figures_in(paper), figures_in(second)
    if seen.outcome is not Outcome.PASSED or figures is None or more is None:
        return Couple(paper, Judgement(Outcome.INCONCLUSIVE, TO_CHECK, found.rule, found.decided_on), None)
    band = proposed_band(catalogue, case, together(figures, more).quotient)
    told = {**found.decided_on, "notices": "2"}
    return Couple(paper, replace(found, decided_on=told, tariff_band=band), second)


def figures_in(notice: EvidenceFacts) -> NoticeFigures | None:
    """Return the figures of a notice; nothing where they cannot be read."""
    return figures_of(notice.said(Field.REFERENCE_INCOME), notice.said(Field.PARTS))


def _goes_with(one: tuple[EvidenceFacts, Judgement], own: EvidenceFacts, case: Case) -> bool:
    paper, found = one
    named = bool(paper.said(Field.DECLARANT_1))
    same_year = paper.said(Field.INCOME_YEAR) == own.said(Field.INCOME_YEAR)
    return named and same_year and found.outcome is not Outcome.FAILED and not _is_own(paper, case)


def _is_own(paper: EvidenceFacts, case: Case) -> bool:
    if paper.evidence_type is not EvidenceType.TAX_NOTICE:
        return False
    payer = case.payer
    names = filter(None, (paper.said(Field.DECLARANT_1), paper.said(Field.DECLARANT_2)))
    return any(likeness(name, family_names=payer.family_names, given_names=payer.given_names) in _OWN for name in names)
