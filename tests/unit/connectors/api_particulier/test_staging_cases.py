"""The staging cases of the real API get the outcome their status and body call for."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.api_particulier.codec import QuotientFamilialCodec
from connectors.api_particulier.messages import CivilIdentity, QuotientFamilialQuery
from contracts.outcomes import OutcomeKind
from tests.unit.connectors.wire import answer, binding

CASES = Path(__file__).parents[5] / "shared/corpora/api-particulier/payloads"
FOLDERS = (
    "api_particulier_v3_cnav_quotient_familial_with_civility",
    "api_particulier_v3_cnav_revenu_solidarite_active_with_civility",
)
BY_STATUS = {
    404: OutcomeKind.ABSENT,
    429: OutcomeKind.RATE_LIMITED,
    502: OutcomeKind.UNAVAILABLE,
    504: OutcomeKind.UNAVAILABLE,
}


def cases(folder: str) -> list[tuple[str, dict[str, Any]]]:
    if not CASES.is_dir():
        pytest.skip("the staging cases of API Particulier are not beside this clone")
    return [
        (path.name, yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted((CASES / folder).glob("*.y*ml"))
    ]


def query_of(params: dict[str, Any]) -> QuotientFamilialQuery:
    identity = CivilIdentity(
        birth_name=params["nomNaissance"],
        usage_name=params.get("nomUsage", ""),
        first_names=tuple(params.get("prenoms", ())),
        sex=params.get("sexeEtatCivil", "F"),
        birth_country=str(params["codeCogInseePaysNaissance"]),
        birth_commune=str(params.get("codeCogInseeCommuneNaissance", "")),
        birth_year=params.get("anneeDateNaissance"),
        birth_month=params.get("moisDateNaissance"),
        birth_day=params.get("jourDateNaissance"),
    )
    return QuotientFamilialQuery(identity, params.get("annee"), params.get("mois"))


def is_about_the_person_asked(case: dict[str, Any]) -> bool:
    """Some staging answers are about somebody born on another day than the one asked: the guard must see it."""
    people = json.loads(case["payload"])["data"]["allocataires"]
    asked = [case["params"].get(name) for name in ("anneeDateNaissance", "moisDateNaissance", "jourDateNaissance")]
    born = [[int(part) for part in person["date_naissance"].split("-")] for person in people]
    return any(all(a in (None, b) for a, b in zip(asked, date, strict=True)) for date in born)


def test_quotient_familial() -> None:
    seen: dict[OutcomeKind, int] = {}
    for name, case in cases(FOLDERS[0]):
        query = query_of(case["params"])
        assert QuotientFamilialCodec().encode(query, binding(token="t")).url, name
        outcome = QuotientFamilialCodec().decode(query, answer(case["status"], case["payload"].encode()))
        if case["status"] == 200:
            right = is_about_the_person_asked(case)
            expected = OutcomeKind.FOUND if right else OutcomeKind.CONTRACT_BREACH
        else:
            expected = BY_STATUS[case["status"]]
        assert outcome.kind is expected, name
        seen[outcome.kind] = seen.get(outcome.kind, 0) + 1
    assert seen[OutcomeKind.FOUND] >= 15
    assert set(BY_STATUS.values()) <= set(seen)


def test_an_answer_to_another_question_is_a_breach() -> None:
    for name, case in cases(FOLDERS[1]):
        outcome = QuotientFamilialCodec().decode(
            query_of(case["params"]), answer(case["status"], case["payload"].encode())
        )
        assert outcome.kind is BY_STATUS.get(case["status"], OutcomeKind.CONTRACT_BREACH), name
