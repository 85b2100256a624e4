"""The master key in OpenBao's transit engine: it never leaves the server, and each process's token has one right."""

import base64
import binascii
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from vault.crypto.errors import KeyRefused, KeyRightMissing
from vault.crypto.key_files import read_secret_file
from vault.crypto.keyring import KeyState
from vault.errors import KeyServiceUnavailable

_CONNECT, _READ = 2.0, 5.0
_WATCH = 1.0
_TRIES = 2
_PREFIX = b"vault:v"
_NO_KEY = "encryption key not found"


@dataclass(frozen=True, slots=True)
class OpenBaoAddress:
    """Where the key lies and by which token this process reaches it."""

    url: str
    """Origin of the server, such as ``https://keys.example.org:8200``."""
    mount: str
    key: str
    token_file: Path
    """A file of mode 0600 with one token, as the agent's sink writes it; read again when the server refuses."""
    ca_file: Path | None = None
    """Certificate of the authority that signed the server's; the system's own authorities where there is none."""


class OpenBaoMasterKey:
    """A transit key of type ``aes256-gcm96``; the context travels as associated data.

    A token that may only encrypt is the door's, exactly as the public half of a local keyset is.
    """

    def __init__(self, address: OpenBaoAddress) -> None:
        self._address = address
        self._token = _read_token(address.token_file)
        verify = True if address.ca_file is None else ssl.create_default_context(cafile=str(address.ca_file))
        self._http = httpx.Client(
            base_url=f"{address.url.rstrip('/')}/v1/",
            verify=verify,
            timeout=httpx.Timeout(_READ, connect=_CONNECT),
            trust_env=False,
            follow_redirects=False,
        )

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.wrap`."""
        body = {"plaintext": _text(secret), "associated_data": _text(context)}
        return str(self._act("encrypt", body)["ciphertext"]).encode()

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.unwrap`."""
        if not wrapped.startswith(_PREFIX) or not wrapped.isascii():
            raise KeyRefused
        body = {"ciphertext": wrapped.decode(), "associated_data": _text(context)}
        try:
            return base64.b64decode(self._act("decrypt", body)["plaintext"], validate=True)
        except (binascii.Error, TypeError):
            raise KeyServiceUnavailable("the key service did not answer as OpenBao does") from None

    def state(self) -> KeyState:
        """See :meth:`vault.crypto.keyring.MasterKey.state`."""
        try:
            # Asked by whoever watches, who does not wait as long as a deposit does.
            answer = self._http.get("sys/seal-status", timeout=_WATCH)
            sealed = answer.json()["sealed"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return KeyState.AWAY
        return KeyState.SEALED if sealed else KeyState.READY

    def begin(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.begin`."""
        facts = self._facts()
        if facts["min_decryption_version"] == facts["latest_version"]:
            self._call("POST", f"{self._address.mount}/keys/{self._address.key}/rotate")

    def newest_prefix(self) -> bytes:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.newest_prefix`."""
        return b"%s%d:" % (_PREFIX, self._facts()["latest_version"])

    def retire(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.retire`."""
        newest = self._facts()["latest_version"]
        place = f"{self._address.mount}/keys/{self._address.key}/config"
        self._call("POST", place, {"min_decryption_version": newest, "min_encryption_version": newest})

    def _facts(self) -> dict[str, Any]:
        return _data(self._call("GET", f"{self._address.mount}/keys/{self._address.key}"))

    def _act(self, act: str, body: dict[str, str]) -> dict[str, Any]:
        return _data(self._call("POST", f"{self._address.mount}/{act}/{self._address.key}", body))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        answer = self._send(method, path, body)
        if answer.status_code == httpx.codes.FORBIDDEN:
            # A renewed token lies in the file before the old one ends.
            self._token = _read_token(self._address.token_file)
            answer = self._send(method, path, body)
        if answer.status_code == httpx.codes.FORBIDDEN:
            self._refuse()
        if answer.status_code == httpx.codes.BAD_REQUEST:
            if _NO_KEY in answer.text:
                raise KeyServiceUnavailable(f"the key service has no key {self._address.key}")
            raise KeyRefused
        if not answer.is_success:
            raise KeyServiceUnavailable(f"the key service answered {answer.status_code}")
        return answer

    def _refuse(self) -> None:
        # 403 says both « not with this token » and « no such token »: only the second is a fault of the installation.
        if self._send("GET", "auth/token/lookup-self", None).is_success:
            raise KeyRightMissing
        raise KeyServiceUnavailable("the key service does not accept our token")

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        for attempt in range(1, _TRIES + 1):
            try:
                return self._http.request(method, path, json=body, headers={"x-vault-token": self._token})
            except httpx.RemoteProtocolError:
                # A kept connection that the server closed meanwhile; none of our calls does harm twice.
                if attempt == _TRIES:
                    raise KeyServiceUnavailable("the key service broke off") from None
            except httpx.HTTPError as error:
                raise KeyServiceUnavailable(type(error).__name__) from None
        raise KeyServiceUnavailable

    def __repr__(self) -> str:
        """Show where it is and nothing else."""
        return f"<OpenBaoMasterKey {self._address.url}>"


def _read_token(path: Path) -> str:
    return read_secret_file(path).decode("ascii", "replace").strip()


def _data(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: dict[str, Any] = answer.json()["data"]
    except (ValueError, KeyError, TypeError):
        raise KeyServiceUnavailable("the key service did not answer as OpenBao does") from None
    return found


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
