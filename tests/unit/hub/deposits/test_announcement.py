"""What a sender says of a document before its first byte: checked, cleaned, bound to its key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.documents import EvidenceType
from hub.deposits.deposit import FILE_NAME_MAX, announced, clean_name
from hub.deposits.idempotency import checked_key, fingerprint_of
from hub.errors import IdempotencyKeyMissing, InvalidValue

KEY = "0123456789abcdef"


def said(**changed):
    told = {"key": KEY, "media_type": "application/pdf", "length": 5, "file_name": "a.pdf", "evidence_type": None}
    return announced(**(told | changed))


def test_a_media_type_is_taken_without_its_parameters():
    assert said(media_type="Application/PDF; charset=binary").media_type == "application/pdf"
    assert said(media_type=None).media_type == ""


def test_a_kind_is_of_the_catalogue_or_unknown():
    assert said().evidence_type == EvidenceType.UNKNOWN
    with pytest.raises(InvalidValue) as refusal:
        said(evidence_type="<script>")
    assert "script" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Temp\\facture.pdf", "facture.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("", ""),
        ("/", ""),
    ],
)
def test_a_hostile_file_name_is_made_fit_to_be_shown(name, shown):
    assert clean_name(name) == shown


@given(st.text(max_size=400))
def test_any_file_name_is_made_fit_to_be_shown(name):
    shown = clean_name(name)
    assert len(shown) <= FILE_NAME_MAX
    assert not set(shown) & set("/\\")
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert clean_name(shown) == shown


@pytest.mark.parametrize("key", [None, "", "short", " " * 20, "a" * 129, "é" * 10, "abc defghi"])
def test_what_is_no_key(key):
    with pytest.raises(IdempotencyKeyMissing):
        checked_key(key)


def test_a_key_may_come_in_quotes():
    assert checked_key(f'"{KEY}"') == checked_key(KEY)


def test_a_fingerprint_is_bound_to_caller_and_to_where_parts_end():
    assert fingerprint_of("a", b"bc") != fingerprint_of("ab", b"c")
    assert fingerprint_of("a", b"b", b"c") != fingerprint_of("a", b"bc")
    assert fingerprint_of("a", b"b") == fingerprint_of("a", b"b")
