"""Keys and secrets of the sandbox, made once in its state folder: none is written down in the project."""

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization as spelling
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.drops import DROP, OUTBOX
from connectors.errors import SecretMissing
from connectors.jose import generate_key, public_part
from connectors.webhook.signature import new_secret

CLIENT_ID = "une-fois"
"""What the residents' door is called at every provider of the sandbox."""
STAMP_POLICY = "1.3.6.1.4.1.32473.1.1"
"""The policy of the time-stamping authority, below the number that is set apart for documentation (RFC 5612)."""
STAMP_ROOT_NAME = "Horodatage de test Une Fois"
STAMP_ROOT_KEY = "root.key.pem"
_REFERENCE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+\.[a-z]+")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def create_partner_keys(folder: Path, slug: str) -> dict[str, Any]:
    """Return the public JWK of the partner ``slug``, making its key pair in the state ``folder`` the first time."""
    text = _once(_partner(folder, slug) / "key.json", lambda: json.dumps(generate_key(f"{slug}-1")))
    return public_part(json.loads(text))


def create_webhook_secret(folder: Path, slug: str) -> str:
    """Return the webhook secret (``whsec_…``) of the partner ``slug``, making it the first time."""
    return _once(_partner(folder, slug) / "webhook.secret", new_secret)


def create_drop_folder(folder: Path, slug: str) -> Path:
    """Return the folder into which files for the partner ``slug`` are dropped, making it and its way back the first time."""
    drop = _partner(folder, slug) / DROP
    for place in (drop, drop.with_name(OUTBOX)):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return drop


def create_binding_secret(folder: Path, reference: str) -> str:
    """Return the secret that a binding refers to as ``reference``, making it the first time.

    Raises:
        ValueError: the reference is none of two names, ``place/name.kind``.
    """
    if not _REFERENCE.fullmatch(reference):
        raise ValueError("a reference is made of a place and a name")
    return _once(folder / reference, lambda: secrets.token_urlsafe(48))


def binding_secret(folder: Path, reference: str) -> str | None:
    """Return the secret that a binding refers to as ``reference``, or None when none was made."""
    return _present(folder / reference) if _REFERENCE.fullmatch(reference) else None


def create_sftp_place(folder: Path, slug: str) -> Path:
    """Return what the partner ``slug`` shows over SFTP, with ``drop`` and ``outbox`` in it, making it the first time.

    Our key for it and the server's public key, which we pin, are made below ``sftp/<slug>``.
    """
    shown = _partner(folder, slug) / "sftp"
    for name in (DROP, OUTBOX):
        (shown / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = sftp_keys(folder) / _named(slug)
    _once(keys / "client_key", _new_ssh_key)
    _once(keys / "host_key.pub", lambda: _public_ssh_key(sftp_host_key(folder)))
    return shown


def create_stamp_root(folder: Path) -> Path:
    """Return the root certificate of the time-stamping authority played in ``folder``, made there the first time."""
    # It comes with the makers of papers, which most who ask for a secret never need.
    from connectors.sandbox.papers import keys

    place = folder / "time-stamps"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (place / "root.pem").exists():
        key, who = keys.new_key(), keys.name(organisation=STAMP_ROOT_NAME, common="ROOT")
        keys.write_private(place / STAMP_ROOT_KEY, key)
        root = keys.issue(subject=who, key=key, issuer=who, issuer_key=key)
        keys.write_certificate(place / "root.pem", root)
    return place / "root.pem"


def sftp_keys(folder: Path) -> Path:
    """Return the folder below which our keys for each partner's SFTP lie, and nothing else."""
    return folder / "sftp"


def sftp_host_key(folder: Path) -> str:
    """Return the private key with which the SFTP server shows who it is, making it the first time."""
    return _once(folder / "sftp-server" / "host_key", _new_ssh_key)


def sftp_client_key(folder: Path, slug: str) -> str | None:
    """Return our public key at the partner ``slug``, or None when it takes no files over SFTP."""
    if not _SLUG.fullmatch(slug):
        return None
    text = _present(sftp_keys(folder) / slug / "client_key")
    return None if text is None else _public_ssh_key(text)


def _new_ssh_key() -> str:
    form = (spelling.Encoding.PEM, spelling.PrivateFormat.OpenSSH, spelling.NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*form).decode()


def _public_ssh_key(private: str) -> str:
    public = spelling.load_ssh_private_key(private.encode(), None).public_key()
    return public.public_bytes(spelling.Encoding.OpenSSH, spelling.PublicFormat.OpenSSH).decode()


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
