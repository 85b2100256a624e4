"""The key that a sender carries."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.errors import KeyRefused
from vault.crypto.upload_key import UploadKey


def test_the_token_is_the_key():
    key = UploadKey.fresh()
    again = UploadKey.of_token(key.token())
    assert again is not None
    assert again.digest() == key.digest()
    assert again.open(key.seal(b"value", b"context"), b"context") == b"value"
    assert len(key.token()) == 43


def test_it_opens_nothing_else():
    key = UploadKey.fresh()
    sealed = key.seal(b"value", b"context")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for one, bytes_, context in (
        (UploadKey.fresh(), sealed, b"context"),
        (key, sealed, b"other"),
        (key, changed, b"context"),
        (key, sealed[:20], b"context"),
    ):
        with pytest.raises(KeyRefused):
            one.open(bytes_, context)


def test_the_digest_leads_back_to_nothing():
    key = UploadKey.fresh()
    assert key.digest().hex() not in key.token()
    with pytest.raises(KeyRefused):
        UploadKey(key.digest()).open(key.seal(b"value", b""), b"")


@given(st.text())
def test_a_token_that_is_anything(token):
    found = UploadKey.of_token(token)
    assert found is None or len(token) == 43


def test_it_shows_and_pickles_nothing():
    key = UploadKey.fresh()
    assert key.token() not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
