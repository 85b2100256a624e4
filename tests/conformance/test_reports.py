"""Every connector of the kit stands what its report in the repository says, and the kit can tell one that does not."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.outcomes import ExchangeOutcome, OutcomeKind
from orchestration.conforming.codec_cases import cases
from orchestration.conforming.kit import CASES, Status, Verdict, level, report, run
from orchestration.conforming.subjects import SUBJECTS, Subject
from tests.conformance.engine_cases import engine_cases
from tests.conformance.family_cases import family_cases
from tests.conformance.plan_cases import plan_cases
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder

REPORTS = Path(__file__).parents[2] / "docs" / "conformance"
FEW = 300
"""Broken answers for each connector here, and exchanges of a plan; the report is made with ten thousand."""
SHARED = ("enrolment-rest", "bursary-rest")
"""Manifests of a codec that is judged whole under another name: here the cases of the codec alone."""


def judged(subject: Subject, place: Place, many: int = FEW) -> dict:  # noqa: F811 - the fixture
    began = place.clock[0]
    of_place = engine_cases(subject, place) | family_cases(subject, place) | plan_cases(subject, place, many)
    verdicts = run(cases(subject, fuzz=many) | of_place)
    place.clock[0] = began
    return report(subject.manifest, verdicts)


@pytest.mark.parametrize("name", SHARED)
def test_a_codec_of_several_manifests_stands_what_each_report_says(name):
    told = {one["case"]: one["status"] for one in _kept(name)["cases"]}
    found = {one.case: one.status for one in run(cases(SUBJECTS[name], fuzz=FEW)) if one.status is not Status.NOT_RUN}
    assert found == {case: told[case] for case in found}


def _kept(name: str) -> dict:
    return json.loads((REPORTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(SUBJECTS.keys() - set(SHARED)))
def test_the_report_in_the_repository_is_what_the_connector_stands(place, name):  # noqa: F811 - the fixture
    found = judged(SUBJECTS[name], place)
    assert [one for one in found["cases"] if one["status"] == "failed"] == []
    assert _kept(name) == json.loads(json.dumps(found))


class Credulous:
    """A codec that believes whatever it is told."""

    def __init__(self, inner) -> None:
        self._inner = inner
        self.manifest = inner.manifest

    def encode(self, command, binding):
        return self._inner.encode(command, binding)

    def decode(self, command, exchange) -> ExchangeOutcome:
        print(exchange.body, datetime.now(UTC))
        return ExchangeOutcome(OutcomeKind.APPLIED)


def test_a_connector_that_believes_everything_does_not_pass():
    honest = SUBJECTS["caisse-soap"]
    subject = replace(honest, codec=lambda locked: Credulous(honest.codec(locked)))
    failed = {one.case for one in run(cases(subject, fuzz=30)) if one.status is Status.FAILED}
    assert failed >= {"C04", "C05", "C06", "C13", "C14", "C16", "C17", "C20"}


def test_what_was_not_run_is_no_pass():
    everything = [Verdict(case, Status.PASSED) for case in CASES]
    assert level(everything) == "gold"
    for case, reached in (("C25", "silver"), ("C14", "bronze"), ("C01", "none")):
        spoilt = [replace(one, status=Status.NOT_RUN) if one.case == case else one for one in everything]
        assert level(spoilt) == reached
    assert {one.status for one in run({})} == {Status.NOT_RUN}
