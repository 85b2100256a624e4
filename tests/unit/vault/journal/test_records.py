"""A record has one spelling, and refuses what does not belong in a journal."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.journal.errors import RecordRefused
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry, commit_record, leaf_data, parse_record

SOMEBODY = Actor(ActorKind.RESIDENT, "a1")
WORDS = st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=8), st.integers(), st.none()), max_size=4)
ENTRIES = st.builds(
    JournalEntry,
    act=st.sampled_from(JournalAct),
    actor=st.builds(Actor, st.sampled_from(ActorKind), st.text(max_size=8)),
    document=st.none() | st.uuids(),
    subjects=st.lists(st.uuids(), max_size=3).map(tuple),
    recipient=st.none() | st.text(max_size=14),
    purpose=st.none() | st.text(max_size=14),
    ground=st.none() | WORDS,
    detail=WORDS,
)


@given(ENTRIES)
def test_record_reads_back_as_it_was_and_has_one_spelling(entry: JournalEntry) -> None:
    assert parse_record(entry.canonical()) == entry
    assert parse_record(entry.canonical()).canonical() == entry.canonical()


def test_order_of_members_does_not_matter() -> None:
    one = JournalEntry(JournalAct.LINK, SOMEBODY, detail={"grade": "sealed", "kind": "mother"})
    two = JournalEntry(JournalAct.LINK, SOMEBODY, detail={"kind": "mother", "grade": "sealed"})
    assert one.canonical() == two.canonical()
    assert b" " not in one.canonical()
    assert json.loads(one.canonical())["detail"]["kind"] == "mother"


@pytest.mark.parametrize("value", [1.5, b"bytes", object(), {1: "a"}, {"a": {"b": 0.1}}, "\ud800"])
def test_what_is_no_word_is_refused(value: Any) -> None:
    with pytest.raises(RecordRefused):
        JournalEntry(JournalAct.DEPOSIT, SOMEBODY, detail={"x": value}).canonical()


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b"\xff", b'{"act":"nothing"}'])
def test_foreign_record_is_refused(record: bytes) -> None:
    with pytest.raises(RecordRefused):
        parse_record(record)


def test_identifiers_are_written_as_text() -> None:
    document = UUID(int=7)
    entry = JournalEntry(JournalAct.RELEASE, SOMEBODY, document=document, ground={"grant": document})
    assert json.loads(entry.canonical())["ground"] == {"grant": str(document)}


def test_commitment_depends_on_salt_and_record() -> None:
    assert len({commit_record(bytes(32), b"a"), commit_record(b"\x01" * 32, b"a"), commit_record(bytes(32), b"b")}) == 3


def test_leaf_depends_on_every_field() -> None:
    moment, entry = datetime(2026, 9, 1, tzinfo=UTC), uuid4()
    base = leaf_data(entry, moment, "deposit", bytes(32))
    later = leaf_data(entry, moment + timedelta(microseconds=1), "deposit", bytes(32))
    others = [leaf_data(uuid4(), moment, "deposit", bytes(32)), leaf_data(entry, moment, "erase", bytes(32)), later]
    assert base not in [*others, leaf_data(entry, moment, "deposit", b"\x01" * 32)]
