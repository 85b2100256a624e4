"""Residence: a bill of one's own, a host's statement with what goes with it, a paper that shows the address."""

import re

from contracts.documents import EvidenceType
from contracts.readings import Field
from hub.requirements.checks import (
    FAILED,
    INCONCLUSIVE,
    Fault,
    Look,
    adult,
    age,
    good_until,
    grade,
    judgement,
    not_before,
    same_address,
)
from hub.requirements.entries import Of
from hub.requirements.facts import EvidenceFacts, HostFacts, Judgement
from hub.requirements.families.income import expected_income_year

_PARIS = re.compile(r"75(0(0[1-9]|1[0-9]|20)|116)")
"""Postcodes of the arrondissements; the 16th has two."""


def proof_of_address(look: Look) -> Judgement:
    """A bill or receipt in the name of the payer, or of the host at the address of the statement."""
    faults = [age(look), adult(look, look.evidence.said(Field.HOLDER_NAME)), _old_home(look), grade(look)]
    if look.piece.of is Of.HOST:
        faults.append(same_address(look))
    seen = not_before(look) | _where(look.evidence)
    return judgement(look, faults, "in_date_and_named", seen=seen, good_until=good_until(look))


def hosting_statement(look: Look) -> Judgement:
    """A statement by which somebody named declares to house the payer at an address; its attachments are judged apart."""
    said = look.evidence.said
    faults = (age(look), adult(look, said(Field.HOSTED_NAME)), _host_named(look.evidence), _old_home(look), grade(look))
    seen = not_before(look) | _where(look.evidence)
    return judgement(look, faults, "hosted", seen=seen, good_until=good_until(look))


def shows_address(look: Look) -> Judgement:
    """An official paper in the payer's name that shows the address of the host."""
    said = look.evidence.said
    names = (Field.HOLDER_NAME, Field.DECLARANT_1, Field.DECLARANT_2)
    faults = (_recent(look), adult(look, *(said(name) for name in names)), same_address(look), grade(look))
    return judgement(look, faults, "address_shown", seen=not_before(look), good_until=good_until(look))


def host_of(evidence: EvidenceFacts) -> HostFacts:
    """Return who houses the family and where, as a hosting statement says."""
    said = evidence.said
    return HostFacts(said(Field.HOST_NAME), said(Field.STREET), said(Field.POSTCODE))


def address_of(evidence: EvidenceFacts) -> tuple[str, str] | None:
    """Return street and postcode that a paper shows; nothing where it shows none."""
    street, postcode = evidence.said(Field.STREET), evidence.said(Field.POSTCODE)
    return (street, postcode) if street and postcode else None


def _where(evidence: EvidenceFacts) -> dict[str, str]:
    """Say in one word whether the address is in Paris, for whoever is answered instead of shown the paper."""
    postcode = evidence.said(Field.POSTCODE)
    return {"in_paris": "yes" if _PARIS.fullmatch(postcode) else "no"} if postcode else {}


def _old_home(look: Look) -> Fault | None:
    """Refuse what shows the home that a family left: dated before the move, and outside the new arrondissement."""
    case, issued_on = look.case, look.evidence.issued_on
    if not case.moved_to or case.line_start is None or issued_on is None or issued_on >= case.line_start:
        return None
    postcode = look.evidence.said(Field.POSTCODE)
    if not postcode:
        return INCONCLUSIVE, "address_unreadable"
    return None if postcode in case.moved_to else (FAILED, "before_the_move")


def _host_named(evidence: EvidenceFacts) -> Fault | None:
    return None if evidence.said(Field.HOST_NAME) else (INCONCLUSIVE, "host_unreadable")


def _recent(look: Look) -> Fault | None:
    if look.evidence.evidence_type is not EvidenceType.TAX_NOTICE:
        return age(look)
    # A notice shows the address of its campaign: the current one does, whatever its day.
    year = look.evidence.said(Field.INCOME_YEAR)
    if not year:
        return INCONCLUSIVE, "undated"
    return None if year == str(expected_income_year(look.case.reference_date)) else (FAILED, "other_income_year")
