"""Made-up persons and papers for the rules, and the judging of one paper in a line."""

from datetime import date
from uuid import uuid4

from contracts.documents import EvidenceType, Grade
from hub.requirements.catalogue import load
from hub.requirements.rules import Case, EvidenceFacts, PersonFacts, judge
from hub.requirements.sets import choose, weigh

CATALOGUE = load()
PARENT = PersonFacts("BELKACEM", "MARTIN", ("Nora", "Lila"), "1988-04-02")
CHILD = PersonFacts("BELKACEM", None, ("Inès",), "2018-06-05")
TWIN = PersonFacts("BELKACEM", None, ("Iris",), "2018-06-05")
TODAY = date(2026, 9, 20)
OF_CHILD = {"child_family_name": "BELKACEM", "child_first_names": "Inès", "child_born_on": "2018-06-05"}
PARENTS = {"parent_1_family_name": "BELKACEM", "parent_1_first_names": "Nora"}
NOTICE = {"declarant_1": "BELKACEM NORA", "income_year": "2025", "reference_income": "26712", "parts": "1.5"}
ADDRESS = {"street": "8 rue des Peupliers", "postcode": "75013"}


def case(purpose: str = "canteen_tariff", day: date = TODAY, **changed) -> Case:
    return Case(PARENT, CHILD, day, purpose, **({"school_year": "2026-2027"} | changed))


def paper(kind, fields, *, grade=Grade.SEALED, issued_on=TODAY, **facts) -> EvidenceFacts:
    return EvidenceFacts(EvidenceType(kind), grade, issued_on, fields, key=uuid4(), **facts)


def wanted(service: str, requirement: str):
    return next(item for item in CATALOGUE.services[service].judged if item.id == requirement)


def judged(evidence, service, requirement, *, catalogue=CATALOGUE, **changed):
    purpose = catalogue.services[service].purpose
    return judge(evidence, wanted(service, requirement), case(purpose, **changed), catalogue)


def said(*args, **kwargs):
    found = judged(*args, **kwargs)
    return found.outcome.value, found.reason


def weighed(held, service, requirement, **changed):
    at = case(CATALOGUE.services[service].purpose, **changed)
    found = weigh(wanted(service, requirement), held, at, CATALOGUE)
    return {one.evidence.key: one for one in found}, choose(found)
