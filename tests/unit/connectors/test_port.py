"""Manifests are checked, broken conversations classified, waiting times read."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ManifestInvalid, SecretMissing
from connectors.port import (
    Operation,
    OperationKind,
    Window,
    WireRequest,
    WriteClass,
    load_manifest,
    retry_after,
    unfinished,
)
from connectors.registry import CODECS, MANIFESTS
from contracts.outcomes import OutcomeKind, Phase
from tests.unit.connectors.wire import NOW, answer, binding, broken

PULL = Operation(kind=OperationKind.PULL, natural_key=("x",))


def push(write_class: WriteClass) -> Operation:
    return Operation(kind=OperationKind.PUSH, write_class=write_class, natural_key=("x",))


def test_every_codec_is_registered_under_its_own_name() -> None:
    assert len(MANIFESTS) == len(CODECS)


@pytest.mark.parametrize("text", ["", "connector = 1", "not toml ["])
def test_a_bad_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ManifestInvalid):
        load_manifest(str(tmp_path / "codec.py"))


def test_a_push_without_write_class_is_refused() -> None:
    with pytest.raises(ValueError, match="write class"):
        Operation(kind=OperationKind.PUSH, natural_key=("x",))


@pytest.mark.parametrize("write_class", list(WriteClass))
def test_what_was_not_sent_may_be_sent_again(write_class: WriteClass) -> None:
    outcome = unfinished(broken(Phase.NOT_SENT), push(write_class))
    assert outcome is not None
    assert outcome.kind is OutcomeKind.UNAVAILABLE


@pytest.mark.parametrize("phase", [Phase.SENT, Phase.HEADERS])
@pytest.mark.parametrize("write_class", [WriteClass.LOOKUP, WriteClass.NONE])
def test_a_write_that_may_have_been_applied_is_in_doubt(phase: Phase, write_class: WriteClass) -> None:
    outcome = unfinished(broken(phase), push(write_class))
    assert outcome is not None
    assert outcome.kind is OutcomeKind.IN_DOUBT


def test_a_broken_read_is_unavailable_and_a_whole_one_is_none() -> None:
    outcome = unfinished(broken(Phase.SENT), PULL)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.UNAVAILABLE
    assert unfinished(answer(500), PULL) is None


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after(answer(429, retry_after="60")) == NOW + timedelta(seconds=60)
    assert retry_after(answer(429, retry_after="Mon, 14 Sep 2026 08:31:00 GMT")) == NOW + timedelta(seconds=60)
    assert retry_after(answer(429, retry_after="Mon, 14 Sep 2020 08:31:00 GMT")) == NOW
    assert retry_after(answer(429)) is None


@given(st.text(max_size=40))
def test_retry_after_never_raises_and_never_asks_more_than_a_day(text: str) -> None:
    moment = retry_after(answer(429, retry_after=text))
    assert moment is None or NOW <= moment <= NOW + timedelta(hours=24)


def test_neither_query_nor_secret_shows() -> None:
    request = WireRequest("GET", "https://example.org/a?nom=SECRET", (("authorization", "SECRET"),), b"SECRET")
    assert "SECRET" not in repr(request) + request.target + repr(binding(token="SECRET"))
    assert request.target == "GET https://example.org/a"


def test_an_empty_secret_is_missing() -> None:
    with pytest.raises(SecretMissing):
        binding(token="").secret("token")


NIGHT = Window(start=time(22), end=time(6))
"""Closed at night, every day."""


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T20:59:59", None),
        ("2026-11-23T21:00:00", "2026-11-24T05:00:00"),
        ("2026-11-24T04:59:59", "2026-11-24T05:00:00"),
        ("2026-11-24T05:00:00", None),
        ("2026-07-01T20:00:00", "2026-07-02T04:00:00"),
        # The night in which the clocks go back is an hour longer.
        ("2026-10-24T20:00:00", "2026-10-25T05:00:00"),
    ],
)
def test_a_partner_is_closed_by_the_clock_of_paris(now: str, until: str | None) -> None:
    found = NIGHT.until(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC))


def test_a_window_begins_only_on_its_days() -> None:
    sunday_night = Window(start=time(22), end=time(6), days=frozenset({7}))
    assert sunday_night.until(datetime(2026, 11, 22, 22, tzinfo=UTC)) == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert sunday_night.until(datetime(2026, 11, 23, 22, tzinfo=UTC)) is None
