"""What scanners say weighs on a reading, and a reading without a scan is never released."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.documents import DocumentState, MediaType, Outcome
from tests.assets.programs import EICAR, office_macros, unix_program, windows_program
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason
from vault.ingest.rule_scanner import RuleScanner, own_rules
from vault.ingest.scanning import Scan, released_only_scanned, weighed

WELL = Reading(Reason.READ, MediaType.PDF, pages=1, viewing_media_type=MediaType.PDF, viewing_copy=b"%PDF-")
CUT = Reading.refused(Reason.TRUNCATED, media_type=MediaType.PDF)


def scan(reason: Reason) -> Scan:
    return Scan("rules", reason, "engine 1, rules 2")


@pytest.mark.parametrize(
    ("reading", "reasons", "ends"),
    [
        (WELL, [Reason.READ], Reason.READ),
        (WELL, [Reason.READ, Reason.NOT_SCANNED], Reason.NOT_SCANNED),
        (WELL, [Reason.NOT_SCANNED, Reason.ACTIVE_CONTENT], Reason.ACTIVE_CONTENT),
        (WELL, [Reason.NOT_SCANNED, Reason.MALWARE], Reason.MALWARE),
        (CUT, [Reason.NOT_SCANNED], Reason.TRUNCATED),
        (CUT, [Reason.MALWARE], Reason.MALWARE),
    ],
)
def test_the_heavier_word_counts(reading: Reading, reasons: list[Reason], ends: Reason) -> None:
    result = weighed(reading, [scan(reason) for reason in reasons])
    assert result.reason is ends
    assert bool(result.viewing_copy) is (ends is Reason.READ)
    assert {each.version for each in result.findings if each.step == "scan.rules"} == {"engine 1, rules 2"}


@pytest.mark.parametrize("outcome", [None, Outcome.INCONCLUSIVE, Outcome.FAILED])
def test_what_was_not_scanned_is_not_released(outcome: Outcome | None) -> None:
    findings = () if outcome is None else (Finding("scan.rules", outcome, "x"),)
    kept = released_only_scanned(replace(WELL, findings=findings))
    assert (kept.verdict, kept.viewing_copy) == (DocumentState.QUARANTINED, b"")


def test_what_was_scanned_is() -> None:
    scanned = weighed(WELL, [scan(Reason.READ)])
    assert released_only_scanned(scanned) == scanned


@pytest.mark.parametrize("program", [EICAR, windows_program(), unix_program(), office_macros()])
@pytest.mark.parametrize("before", [b"", b"%PDF-1.7\n" + b"x" * 5000])
def test_a_program_is_found_wherever_it_lies(program: bytes, before: bytes) -> None:
    assert own_rules().scan(before + program + b"\0" * 100).reason is Reason.MALWARE


def test_rules_have_a_version_that_changes_with_them(tmp_path: Path) -> None:
    (tmp_path / "one.yar").write_text("rule one { condition: true }", encoding="utf-8")
    other = RuleScanner(tmp_path)
    assert other.version != own_rules().version
    # A rule without a kind counts as malware.
    assert other.scan(b"x").reason is Reason.MALWARE
