"""Fit rules: is this evidence good for this requirement of this family at this date? Pure; nothing is fetched here."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.documents import EvidenceType, Outcome
from hub.requirements.catalogue import Catalogue
from hub.requirements.checks import Look, Rule, months_before
from hub.requirements.entries import AllOf, Piece, Requirement
from hub.requirements.facts import Case, EvidenceFacts, Judgement, PersonFacts
from hub.requirements.families.civil_status import (
    birth_certificate,
    death_certificate,
    family_record_book,
    identity_paper,
)
from hub.requirements.families.custody import custody_judgment
from hub.requirements.families.decisions import decision
from hub.requirements.families.health import vaccination_record
from hub.requirements.families.income import (
    expected_income_year,
    payslip,
    quotient_familial,
    tax_notice,
    unemployment_statement,
)
from hub.requirements.families.residence import hosting_statement, proof_of_address, shows_address
from hub.requirements.families.schooling import certificate_of_removal, school_certificate, school_insurance
from hub.requirements.families.sworn import sworn_statement

__all__ = ["Case", "EvidenceFacts", "Judgement", "PersonFacts", "expected_income_year", "judge", "months_before"]


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule with its name and version; whoever changes what a rule decides raises its version."""

    name: str
    decide: Rule


RULES: Mapping[EvidenceType, NamedRule] = {
    EvidenceType.BIRTH_CERTIFICATE: NamedRule("birth_certificate/2", birth_certificate),
    EvidenceType.FAMILY_RECORD_BOOK: NamedRule("family_record_book/1", family_record_book),
    EvidenceType.IDENTITY_PAPER: NamedRule("identity_paper/1", identity_paper),
    EvidenceType.DEATH_CERTIFICATE: NamedRule("death_certificate/1", death_certificate),
    EvidenceType.PROOF_OF_ADDRESS: NamedRule("proof_of_address/4", proof_of_address),
    EvidenceType.HOSTING_STATEMENT: NamedRule("hosting_statement/3", hosting_statement),
    EvidenceType.TAX_NOTICE: NamedRule("tax_notice/3", tax_notice),
    EvidenceType.QUOTIENT_FAMILIAL: NamedRule("quotient_familial/3", quotient_familial),
    EvidenceType.PAYSLIP: NamedRule("payslip/1", payslip),
    EvidenceType.UNEMPLOYMENT_STATEMENT: NamedRule("unemployment_statement/1", unemployment_statement),
    EvidenceType.SCHOOL_CERTIFICATE: NamedRule("school_certificate/1", school_certificate),
    EvidenceType.CERTIFICATE_OF_REMOVAL: NamedRule("certificate_of_removal/1", certificate_of_removal),
    EvidenceType.SCHOOL_INSURANCE: NamedRule("school_insurance/1", school_insurance),
    EvidenceType.VACCINATION_RECORD: NamedRule("vaccination_record/1", vaccination_record),
    EvidenceType.CUSTODY_JUDGMENT: NamedRule("custody_judgment/1", custody_judgment),
    EvidenceType.TARIFF_DECISION: NamedRule("decision/1", decision),
    EvidenceType.SCHOOL_ASSIGNMENT: NamedRule("decision/1", decision),
    EvidenceType.SWORN_STATEMENT: NamedRule("sworn_statement/1", sworn_statement),
}
ADDRESS = NamedRule("shows_address/1", shows_address)
"""What is looked at in place of the kind's own rule where a paper serves for the address it shows."""
RANK = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED)
"""Worst first."""


def rule_for(piece: Piece) -> NamedRule:
    """Return the rule by which a paper is looked at for its place in a requirement."""
    return ADDRESS if piece.shows_address else RULES[piece.type]


def look_at(
    evidence: EvidenceFacts, piece: Piece, requirement: Requirement, case: Case, catalogue: Catalogue
) -> Judgement:
    """Judge ``evidence`` as the one paper ``piece``; the case carries the requirement's reference date."""
    rule = rule_for(piece)
    return rule.decide(Look(evidence, piece, case, catalogue, rule.name, requirement.id))


def judge(evidence: EvidenceFacts, requirement: Requirement, case: Case, catalogue: Catalogue) -> Judgement:
    """Judge ``evidence`` alone against ``requirement``: the best of the places it could take.

    A kind the requirement does not take is ``failed``; what leads a set lacks its attachments. For several papers at
    once see :func:`hub.requirements.sets.weigh`.
    """
    at = case.at(requirement)
    branches = () if requirement.proof is None else requirement.proof.any_of
    found = [
        _alone(look_at(evidence, piece, requirement, at, catalogue), in_set=isinstance(branch, AllOf))
        for branch in branches
        for piece in ([branch.lead] if isinstance(branch, AllOf) else [branch])
        if piece.type is evidence.evidence_type
    ]
    if not found:
        return Judgement(Outcome.FAILED, "wrong_kind", "kind/1", {"type": evidence.evidence_type.value})
    return max(found, key=lambda one: RANK.index(one.outcome))


def _alone(found: Judgement, *, in_set: bool) -> Judgement:
    if not in_set or found.outcome is not Outcome.PASSED:
        return found
    return Judgement(Outcome.FAILED, "attachments_missing", found.rule, found.decided_on)
