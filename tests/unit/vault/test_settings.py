"""Exactly one master key is named, and in production it lies in a key service reached over https."""

from typing import Any

import pytest
from pydantic import ValidationError

from vault.settings import MasterKeySettings

LOCAL = {"master_public_keyset": "master.public.json"}
SERVICE = {"openbao_url": "https://keys.example.org:8200", "openbao_token_file": "token"}


def told(profile: str, **fields: Any) -> MasterKeySettings:
    """Return what a process with these settings understands."""
    return MasterKeySettings.model_validate({"UNEFOIS_PROFILE": profile, **fields})


@pytest.mark.parametrize(
    ("profile", "fields"),
    [
        ("demo", LOCAL),
        ("demo", LOCAL | {"master_private_keyset": "master.private.json"}),
        ("test", SERVICE | {"openbao_url": "http://127.0.0.1:8200"}),
        ("production", SERVICE),
    ],
)
def test_one_master_key_is_enough(profile: str, fields: dict[str, str]) -> None:
    assert told(profile, **fields).openbao_key == "unefois-master"


@pytest.mark.parametrize(
    ("profile", "fields", "words"),
    [
        ("demo", {}, "name exactly one"),
        ("demo", LOCAL | SERVICE, "name exactly one"),
        ("demo", {"master_private_keyset": "master.private.json"}, "public half"),
        ("demo", {"openbao_url": "https://keys.example.org"}, "VAULT_OPENBAO_TOKEN_FILE"),
        ("production", LOCAL, "VAULT_MASTER_PUBLIC_KEYSET: a local master keyset is refused in production"),
        ("production", LOCAL | SERVICE, "VAULT_MASTER_PUBLIC_KEYSET: a local master keyset is refused in production"),
        ("production", {}, "name exactly one"),
        ("production", SERVICE | {"openbao_url": "http://keys.example.org"}, "VAULT_OPENBAO_URL: production reaches"),
    ],
)
def test_everything_else_is_refused_naming_the_setting(profile: str, fields: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        told(profile, **fields)
