"""Keys and secrets of the sandbox, made once in its state folder: none is written down in the project."""

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from connectors.errors import SecretMissing
from connectors.jose import generate_key, public_part
from connectors.webhook.signature import new_secret

CLIENT_ID = "une-fois"
"""What the residents' door is called at every provider of the sandbox."""
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def create_partner_keys(folder: Path, slug: str) -> dict[str, Any]:
    """Return the public JWK of the partner ``slug``, making its key pair in the state ``folder`` the first time."""
    text = _once(_partner(folder, slug) / "key.json", lambda: json.dumps(generate_key(f"{slug}-1")))
    return public_part(json.loads(text))


def create_webhook_secret(folder: Path, slug: str) -> str:
    """Return the webhook secret (``whsec_…``) of the partner ``slug``, making it the first time."""
    return _once(_partner(folder, slug) / "webhook.secret", new_secret)


def create_drop_folder(folder: Path, slug: str) -> Path:
    """Return the folder into which files for the partner ``slug`` are dropped, making it the first time."""
    drop = _partner(folder, slug) / "drop"
    drop.mkdir(mode=0o700, parents=True, exist_ok=True)
    return drop


def create_print_drop(folder: Path) -> Path:
    """Return the folder into which letters for the print room are dropped, making it the first time."""
    drop = folder / "print-room"
    drop.mkdir(mode=0o700, parents=True, exist_ok=True)
    return drop


def create_sms_token(folder: Path) -> str:
    """Return the hub's token at the gateway for text messages, making it the first time."""
    return _once(folder / "sms" / "gateway.token", lambda: secrets.token_urlsafe(48))


def create_api_token(folder: Path, siret: str) -> str:
    """Return the API Particulier token of the body ``siret``, making it the first time."""
    return _once(folder / "api-particulier" / f"{_named(siret)}.token", lambda: secrets.token_urlsafe(48))


def create_client_secret(folder: Path, provider: str) -> str:
    """Return the door's secret at a provider with ``client_secret_post``, making it the first time."""
    return _once(folder / "clients" / f"{_named(provider)}.secret", lambda: secrets.token_urlsafe(48))


def register_client_key(folder: Path, provider: str, public_jwk: Mapping[str, Any]) -> None:
    """Tell a provider with ``private_key_jwt`` which public key the door signs with; the latest one counts."""
    path = folder / "clients" / f"{_named(provider)}.jwk.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(public_part(public_jwk)), encoding="utf-8")
    fresh.replace(path)


def provider_key(folder: Path, provider: str) -> dict[str, Any]:
    """Return the private JWK the provider signs with, making it the first time."""
    path = folder / "identity" / f"{_named(provider)}.jwk.json"
    key: dict[str, Any] = json.loads(_once(path, lambda: json.dumps(generate_key(f"{provider}-1"))))
    return key


def pairwise_salt(folder: Path) -> str:
    """Return what makes pairwise subjects of this sandbox unlike those of another."""
    return _once(folder / "identity" / "salt", lambda: secrets.token_hex(32))


def client_key(folder: Path, provider: str) -> dict[str, Any] | None:
    """Return the door's public JWK at the provider, or None when none is registered."""
    text = _present(folder / "clients" / f"{_named(provider)}.jwk.json")
    return None if text is None else json.loads(text)


def client_secret(folder: Path, provider: str) -> str | None:
    """Return the door's secret at the provider, or None when none was made."""
    return _present(folder / "clients" / f"{_named(provider)}.secret")


def api_tokens(folder: Path) -> dict[str, str]:
    """Return the API Particulier tokens made so far: token to SIRET."""
    return {path.read_text(encoding="utf-8"): path.stem for path in (folder / "api-particulier").glob("*.token")}


def partner_folder(folder: Path, slug: str) -> Path | None:
    """Return the partner's own folder, or None when it has no keys."""
    if not _SLUG.fullmatch(slug):
        return None
    own = folder / "partners" / slug
    return own if (own / "key.json").exists() else None


def partner_key(folder: Path, slug: str) -> dict[str, Any]:
    """Return the partner's private JWK.

    Raises:
        SecretMissing: no key was made for it.
    """
    text = _present(_partner(folder, slug) / "key.json")
    if text is None:
        raise SecretMissing(slug)
    key: dict[str, Any] = json.loads(text)
    return key


def webhook_secret(folder: Path, slug: str) -> str | None:
    """Return the partner's webhook secret, or None when none was made."""
    return _present(_partner(folder, slug) / "webhook.secret")


def _partner(folder: Path, slug: str) -> Path:
    return folder / "partners" / _named(slug)


def _named(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError("a name is made of a-z, 0-9 and single hyphens")
    return name


def _present(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _once(path: Path, make: Callable[[], str]) -> str:
    """Return what ``path`` holds; two processes that make it at once end with the same content."""
    found = _present(path)
    if found is not None:
        return found
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(make())
    try:
        # A link fails where a rename would overwrite what another process has just made.
        os.link(fresh, path)
    except FileExistsError:
        return path.read_text(encoding="utf-8")
    finally:
        fresh.unlink()
    return path.read_text(encoding="utf-8")
