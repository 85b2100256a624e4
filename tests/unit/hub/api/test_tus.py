"""Headers of tus 1.0, hostile ones too."""

import base64

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hub.api import tus
from hub.errors import HeaderMalformed

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def said(**headers):
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@given(st.dictionaries(NAMES, TEXTS))
def test_metadata_comes_back(told):
    header = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in told.items())
    assert tus.metadata(said(upload_metadata=header)) == told


@given(st.text(st.characters(max_codepoint=255)))
def test_metadata_that_is_anything(header):
    try:
        found = tus.metadata(said(upload_metadata=header))
    except HeaderMalformed:
        return
    assert all(name and name.isascii() for name in found)


@given(st.text(st.characters(max_codepoint=255)))
def test_numbers_that_are_anything(header):
    try:
        assert 0 <= tus.whole_number(said(upload_offset=header), "upload-offset") < 10**15
    except HeaderMalformed:
        assert not (header.isascii() and header.isdigit() and len(header) <= 15)


@pytest.mark.parametrize("header", ["", "-1", "+1", "1.0", " 1", "1 ", "0x1", "1e3", "²", "1" * 16])
def test_what_is_no_number(header):
    with pytest.raises(HeaderMalformed):
        tus.whole_number(said(upload_offset=header), "upload-offset")


def test_a_checksum():
    found = tus.checksum(said(upload_checksum="SHA1 " + base64.b64encode(b"\1" * 20).decode()))
    assert found is not None
    assert (found.algorithm, found.digest) == ("sha1", b"\1" * 20)


@pytest.mark.parametrize("header", ["", "sha1", "md5 AAAA", "crc32 AAAA", "sha1 *"])
def test_what_is_no_checksum(header):
    if header == "sha1":
        assert tus.checksum(said(upload_checksum=header)).digest == b""
        return
    with pytest.raises(HeaderMalformed):
        tus.checksum(said(upload_checksum=header))
