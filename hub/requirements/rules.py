"""Fit rules: is this evidence good for this requirement of this family at this date? Pure; nothing is fetched here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from contracts.documents import EvidenceType, Grade, Outcome
from hub.requirements.catalogue import Catalogue, Requirement
from hub.requirements.names import fold, match_key, names_person, tokens

CHILD_IDENTITY = "child_identity"
RESIDENCE = "residence"
HOUSEHOLD_INCOME = "household_income"

TAX_SEASON_TURNS = (9, 15)
"""Month and day from which the notice of the later income year is expected (rule TaxYearRule of DossierFacile)."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Civil status as the rules need it."""

    family_name: str
    usage_name: str | None
    given_names: tuple[str, ...]
    born_on: str

    @property
    def family_names(self) -> tuple[str, ...]:
        """Birth name and, where there is one, usage name."""
        return (self.family_name, *((self.usage_name,) if self.usage_name else ()))


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """One piece of evidence, its values opened for the time of the judgement."""

    evidence_type: EvidenceType
    grade: Grade
    issued_on: date | None
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """Whom and what date the judgement is for."""

    payer: PersonFacts
    child: PersonFacts
    reference_date: date
    purpose: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Outcome, reason in one word of ours, and what it was decided on (words and dates, never values)."""

    outcome: Outcome
    reason: str
    rule: str
    decided_on: Mapping[str, str]
    tariff_band: str | None = None


def judge(evidence: EvidenceFacts, requirement: Requirement, case: Case, catalogue: Catalogue) -> Judgement:
    """Judge ``evidence`` against ``requirement``; a kind the requirement does not take is ``failed``."""
    if evidence.evidence_type not in requirement.alternatives:
        return Judgement(Outcome.FAILED, "wrong_kind", "kind/1", {"type": evidence.evidence_type})
    return _RULES[evidence.evidence_type](evidence, case, catalogue)


def expected_income_year(reference_date: date) -> int:
    """Return the income year whose notice is current: N-2 before 15 September, N-1 from that day on."""
    late = (reference_date.month, reference_date.day) >= TAX_SEASON_TURNS
    return reference_date.year - (1 if late else 2)


def months_before(day: date, months: int) -> date:
    """Return the day ``months`` before ``day``, the last of the month where it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), date(year, month + 1, 1) + timedelta(days=day.day - 1))


def _birth_certificate(evidence: EvidenceFacts, case: Case, _: Catalogue) -> Judgement:
    rule, seen = "child_identity/1", {"grade": evidence.grade}
    fields = evidence.fields
    printed = match_key(
        fields.get("child_family_name", ""), (fields.get("child_first_names", ""),), fields.get("child_born_on", "")
    )
    if printed != match_key(case.child.family_name, case.child.given_names, case.child.born_on):
        return Judgement(Outcome.FAILED, "other_child", rule, seen)
    if evidence.grade is Grade.SELF_DECLARED:
        return Judgement(Outcome.INCONCLUSIVE, "not_sealed", rule, seen)
    return Judgement(Outcome.PASSED, "same_child", rule, seen)


def _proof_of_address(evidence: EvidenceFacts, case: Case, catalogue: Catalogue) -> Judgement:
    rule = "residence/1"
    months = catalogue.evidence[EvidenceType.PROOF_OF_ADDRESS].validity_months or 0
    seen = {"grade": evidence.grade, "issued_on": str(evidence.issued_on), "reference_date": str(case.reference_date)}
    late = _age(evidence.issued_on, case.reference_date, months)
    if late:
        return Judgement(Outcome.INCONCLUSIVE if late == "undated" else Outcome.FAILED, late, rule, seen)
    payer = case.payer
    printed = evidence.fields.get("holder_name", "")
    if not names_person(printed, family_names=payer.family_names, given_names=payer.given_names):
        return Judgement(Outcome.INCONCLUSIVE, "other_name", rule, seen)
    if evidence.grade is Grade.SELF_DECLARED:
        return Judgement(Outcome.INCONCLUSIVE, "not_sealed", rule, seen)
    return Judgement(Outcome.PASSED, "in_date_and_named", rule, seen)


def _tax_notice(evidence: EvidenceFacts, case: Case, catalogue: Catalogue) -> Judgement:
    rule = "tax_notice/1"
    expected = expected_income_year(case.reference_date)
    year = evidence.fields.get("income_year", "")
    seen = {"grade": evidence.grade, "income_year": year, "expected": str(expected)}
    payer = case.payer
    declarants = (evidence.fields.get("declarant_1", ""), evidence.fields.get("declarant_2", ""))
    if not any(names_person(d, family_names=payer.family_names, given_names=payer.given_names) for d in declarants):
        return Judgement(Outcome.INCONCLUSIVE, "other_name", rule, seen)
    if year != str(expected):
        return Judgement(Outcome.FAILED, "other_income_year", rule, seen)
    if evidence.grade is Grade.SELF_DECLARED:
        return Judgement(Outcome.INCONCLUSIVE, "not_sealed", rule, seen)
    try:
        quotient = int(evidence.fields["reference_income"]) / 12 / float(evidence.fields["parts"])
    except (KeyError, ValueError, ZeroDivisionError):
        return Judgement(Outcome.INCONCLUSIVE, "income_unreadable", rule, seen)
    if quotient < 0:
        return Judgement(Outcome.INCONCLUSIVE, "income_unreadable", rule, seen)
    band = catalogue.canteen.band(quotient) if case.purpose == "canteen_tariff" else None
    return Judgement(Outcome.PASSED, "income_known", rule, seen, tariff_band=band)


def _quotient_familial(evidence: EvidenceFacts, case: Case, catalogue: Catalogue) -> Judgement:
    rule = "quotient_familial/1"
    months = catalogue.evidence[EvidenceType.QUOTIENT_FAMILIAL].validity_months or 0
    seen = {"grade": evidence.grade, "month": str(evidence.issued_on), "reference_date": str(case.reference_date)}
    late = _age(evidence.issued_on, case.reference_date, months)
    if late:
        return Judgement(Outcome.INCONCLUSIVE if late == "undated" else Outcome.FAILED, late, rule, seen)
    children = [line.split("/") for line in filter(None, evidence.fields.get("children", "").split("|"))]
    if not any(_is_child(parts, case.child) for parts in children):
        return Judgement(Outcome.INCONCLUSIVE, "child_not_in_household", rule, seen)
    band = catalogue.canteen.band(int(evidence.fields["quotient_familial"]))
    return Judgement(Outcome.PASSED, "income_known", rule, seen, tariff_band=band)


def _is_child(parts: list[str], child: PersonFacts) -> bool:
    if len(parts) != 3 or parts[2] != child.born_on or fold(parts[0]) != fold(child.family_name):
        return False
    given = tokens(child.given_names[0])
    return bool(given) and given <= tokens(parts[1])


def _age(issued_on: date | None, reference_date: date, months: int) -> str:
    if issued_on is None:
        return "undated"
    if issued_on > reference_date:
        return "future_date"
    return "too_old" if issued_on < months_before(reference_date, months) else ""


_RULES: dict[EvidenceType, Callable[[EvidenceFacts, Case, Catalogue], Judgement]] = {
    EvidenceType.BIRTH_CERTIFICATE: _birth_certificate,
    EvidenceType.PROOF_OF_ADDRESS: _proof_of_address,
    EvidenceType.TAX_NOTICE: _tax_notice,
    EvidenceType.QUOTIENT_FAMILIAL: _quotient_familial,
}
