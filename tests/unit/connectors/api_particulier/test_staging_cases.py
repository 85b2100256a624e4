"""The staging cases of the real API get the outcome their status and body call for."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from connectors.api_particulier.cases import Case, replay
from connectors.api_particulier.routes import BY_OPERATION

CASES = Path(__file__).parents[5] / "shared/corpora/api-particulier/payloads"
BY_STATUS = {404: "absent", 422: "rejected", 429: "rate_limited", 502: "unavailable", 504: "unavailable"}


def born(case: Case) -> list[int | None]:
    parts = [case.params.get(f"{part}DateNaissance") for part in ("annee", "mois", "jour")]
    return [None if part is None else int(part[0]) for part in parts]


def is_about_the_person_asked(case: Case) -> bool:
    """Some staging answers are about somebody born on another day than the one asked: the guard must see it."""
    people = json.loads(case.payload)["data"].get("allocataires")
    dates = [[int(part) for part in person["date_naissance"].split("-")] for person in people or ()]
    return people is None or any(all(a in (None, b) for a, b in zip(born(case), day, strict=True)) for day in dates)


@pytest.mark.parametrize("operation", sorted(BY_OPERATION))
def test_every_staging_case(operation: str) -> None:
    if not (CASES / operation).is_dir():
        pytest.skip("the staging cases of this operation are not beside this clone")
    seen: Counter[str] = Counter()
    for path in sorted((CASES / operation).glob("*.y*ml")):
        case = Case.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        outcome = replay(BY_OPERATION[operation], case, at=datetime.now(UTC)).kind.value
        right = "found" if case.status == 200 and is_about_the_person_asked(case) else "contract_breach"
        assert outcome == BY_STATUS.get(case.status, right), path.name
        seen[outcome] += 1
    assert {"found", "absent"} <= set(seen)
