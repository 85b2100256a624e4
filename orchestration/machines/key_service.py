"""The key service made ready for our processes: engine, key, policies, and by which role each agent signs in."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from orchestration.machines.errors import KeyServiceNotReady
from orchestration.machines.shares import ROLE_ID, SECRET_ID, SHARES
from orchestration.stack.layout import CODE_ROOT, write_private

POLICIES = CODE_ROOT / "vault" / "crypto" / "policies"
KEY, MOUNT = "unefois-master", "transit"
"""The names that the policies name."""
RENEWED_WITHIN = "1h"
"""How long a token lives that nobody renews."""


class KeyService:
    """An OpenBao that is unsealed, and a token that may set it up."""

    def __init__(self, url: str, token: str, *, ca: Path | None = None) -> None:
        """Say where it is; nothing is asked yet."""
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1/",
            headers={"x-vault-token": token},
            verify=True if ca is None else ssl.create_default_context(cafile=str(ca)),
            timeout=10,
            trust_env=False,
        )

    def prepare(self) -> None:
        """Make engine, key, policies and roles that are not there; raises :class:`KeyServiceNotReady`."""
        if f"{MOUNT}/" not in self._call("GET", "sys/mounts")["data"]:
            self._call("POST", f"sys/mounts/{MOUNT}", {"type": "transit"})
        self._call("POST", f"{MOUNT}/keys/{KEY}", {"type": "aes256-gcm96"})
        for file in sorted(POLICIES.glob("*.hcl")):
            self._call("PUT", f"sys/policies/acl/{file.stem}", {"policy": file.read_text(encoding="utf-8")})
        if "approle/" not in self._call("GET", "sys/auth")["data"]:
            self._call("POST", "sys/auth/approle", {"type": "approle"})
        for role in {share.role for share in SHARES.values() if share.role}:
            told = {"token_policies": [role], "token_period": RENEWED_WITHIN}
            self._call("POST", f"auth/approle/role/{role}", told)

    def hand_out(self, folder: Path) -> list[str]:
        """Give each share by what its agent signs in; return which were given new ones. Raises as :meth:`prepare`."""
        fresh = []
        for name, share in SHARES.items():
            if share.role is None or (folder / name / SECRET_ID).exists():
                continue
            place = f"auth/approle/role/{share.role}"
            write_private(folder / name / ROLE_ID, self._call("GET", f"{place}/role-id")["data"]["role_id"])
            write_private(folder / name / SECRET_ID, self._call("POST", f"{place}/secret-id")["data"]["secret_id"])
            fresh.append(name)
        return fresh

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise KeyServiceNotReady(type(error).__name__) from None
        if not answer.is_success:
            raise KeyServiceNotReady(f"{method} {path}: {answer.status_code}")
        return answer.json() if answer.content else {}
