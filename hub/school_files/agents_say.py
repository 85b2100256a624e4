"""What agents decided about a family's papers, heeded each time the family is judged: their word stands beside the rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.documents import Outcome
from hub.requirements.facts import EvidenceFacts, Judgement

RULE = "agent/1"
"""By what a fit was decided: a person, with the reasons of :mod:`contracts.reviews`."""
MARK = "+agent"
"""Behind the catalogue's version on a fit that an agent decided; the rules' own fit of the same paper stays beside it."""

Place = tuple[UUID, UUID, str]
"""Document, line and requirement."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent decided about one paper for one requirement of one line."""

    review_id: UUID
    outcome: Outcome
    reason: str


def heed(facts: EvidenceFacts, verdict: Verdict, judge: Callable[[EvidenceFacts], Judgement]) -> Judgement:
    """Return what comes of a paper an agent has looked at.

    The rules are asked again about the checked paper, for what else they conclude (a tariff band); whether it serves is
    the agent's word.
    """
    seen = {"review": str(verdict.review_id)}
    if verdict.outcome is not Outcome.PASSED:
        return Judgement(verdict.outcome, verdict.reason, RULE, seen)
    again = judge(facts)
    band = again.tariff_band if again.outcome is Outcome.PASSED else None
    return replace(
        again,
        outcome=Outcome.PASSED,
        reason=verdict.reason,
        rule=f"{RULE}, {again.rule}",
        decided_on={**again.decided_on, **seen},
        tariff_band=band,
    )
