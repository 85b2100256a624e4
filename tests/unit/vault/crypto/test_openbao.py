"""What is particular to a key service: one right a token, a seal after every start, and polite refusals."""

from dataclasses import replace

import pytest

from tests.unit.vault.crypto.bao import KEY, Bao
from vault.crypto.errors import KeyFileMissing, KeyFileUnsafe, KeyRefused, KeyRightMissing
from vault.crypto.keyring import KeyState
from vault.crypto.openbao import OpenBaoMasterKey
from vault.errors import KeyServiceUnavailable

RIGHTS = {
    "door": {"encrypt"},
    "release": {"decrypt"},
    "worker": {"encrypt", "decrypt"},
    "pipelines": set[str](),
    "rotation": {"encrypt", "decrypt", "rotate", "read"},
}
ACTS = {
    "encrypt": ("POST", f"transit/encrypt/{KEY}", {"plaintext": "eA=="}),
    "decrypt": ("POST", f"transit/decrypt/{KEY}", {"ciphertext": "vault:v1:AAAA"}),
    "read": ("GET", f"transit/keys/{KEY}", None),
    "rotate": ("POST", f"transit/keys/{KEY}/rotate", {}),
    "export": ("GET", f"transit/export/encryption-key/{KEY}", None),
    "backup": ("GET", f"transit/backup/{KEY}", None),
    "make exportable": ("POST", f"transit/keys/{KEY}/config", {"exportable": True}),
    "allow backup": ("POST", f"transit/keys/{KEY}/config", {"allow_plaintext_backup": True}),
    "allow deletion": ("POST", f"transit/keys/{KEY}/config", {"deletion_allowed": True}),
    "delete": ("DELETE", f"transit/keys/{KEY}", None),
    "trim": ("POST", f"transit/keys/{KEY}/trim", {"min_available_version": 1}),
    "rewrap": ("POST", f"transit/rewrap/{KEY}", {"ciphertext": "vault:v1:AAAA"}),
    "datakey": ("POST", f"transit/datakey/plaintext/{KEY}", {}),
    "make another key": ("POST", "transit/keys/mine", {}),
    "encrypt under another key": ("POST", "transit/encrypt/mine", {"plaintext": "eA=="}),
    "change a policy": ("PUT", "sys/policies/acl/door", {"policy": 'path "*" { capabilities = ["sudo"] }'}),
    "make a token": ("POST", "auth/token/create", {"policies": ["rotation"]}),
}


@pytest.mark.parametrize("policy", RIGHTS)
def test_each_token_has_its_right_and_no_other(bao: Bao, policy: str) -> None:
    token = bao.token(policy)
    allowed = {act for act, asked in ACTS.items() if bao.as_token(token, *asked) != 403}
    assert allowed == RIGHTS[policy]


def test_release_opens_and_does_not_seal_and_pipelines_do_neither(bao: Bao) -> None:
    wrapped = bao.master("door").wrap(b"secret", b"context")
    release, pipelines = bao.master("release"), bao.master("pipelines")
    assert release.unwrap(wrapped, b"context") == b"secret"
    for refused in (lambda: release.wrap(b"x", b""), lambda: pipelines.wrap(b"x", b"")):
        with pytest.raises(KeyRightMissing):
            refused()
    with pytest.raises(KeyRightMissing):
        pipelines.unwrap(wrapped, b"context")


def test_restarted_server_is_sealed_and_refuses_politely_until_somebody_unseals_it(bao: Bao) -> None:
    door, release = bao.master("door"), bao.master("release")
    wrapped = door.wrap(b"secret", b"context")
    bao.kill()
    assert door.state() is KeyState.AWAY
    with pytest.raises(KeyServiceUnavailable):
        door.wrap(b"x", b"")
    bao.start()
    assert door.state() is KeyState.SEALED
    for refused in (lambda: door.wrap(b"x", b""), lambda: release.unwrap(wrapped, b"context")):
        with pytest.raises(KeyServiceUnavailable):
            refused()
    bao.unseal()
    assert (door.state(), release.unwrap(wrapped, b"context")) == (KeyState.READY, b"secret")


def test_unknown_token_key_or_server_is_a_fault_of_the_installation_and_no_forgery(bao: Bao) -> None:
    address = bao.address("worker")
    wrapped = OpenBaoMasterKey(address).wrap(b"secret", b"")
    others = [replace(address, mount="nowhere"), replace(address, url="http://127.0.0.1:9")]
    for other in others:
        with pytest.raises((KeyServiceUnavailable, KeyRightMissing)):
            OpenBaoMasterKey(other).unwrap(wrapped, b"")
    address.token_file.write_text("s.of-nobody")
    with pytest.raises(KeyServiceUnavailable, match="does not accept our token"):
        OpenBaoMasterKey(address).wrap(b"secret", b"")


def test_renewed_token_is_read_without_a_restart(bao: Bao) -> None:
    address = bao.address("worker")
    master = OpenBaoMasterKey(address)
    wrapped = master.wrap(b"secret", b"")
    bao.call("POST", "auth/token/revoke", {"token": address.token_file.read_text().strip()})
    with pytest.raises(KeyServiceUnavailable):
        master.unwrap(wrapped, b"")
    address.token_file.write_text(bao.token("worker"))
    assert master.unwrap(wrapped, b"") == b"secret"


def test_token_file_is_a_secret_like_any_other(bao: Bao) -> None:
    address = bao.address("worker")
    address.token_file.chmod(0o640)
    with pytest.raises(KeyFileUnsafe):
        OpenBaoMasterKey(address)
    address.token_file.unlink()
    with pytest.raises(KeyFileMissing):
        OpenBaoMasterKey(address)


@pytest.mark.parametrize("bad", [b"", b"vault:v1:", b"vault:v9:AAAA", b"vault:v1:!!", "vault:v1:é".encode(), b"\x00"])
def test_nonsense_is_refused_as_such(bao: Bao, bad: bytes) -> None:
    with pytest.raises(KeyRefused):
        bao.master("worker").unwrap(bad, b"context")


def test_neither_token_nor_secret_is_shown(bao: Bao, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    address = bao.address("worker")
    master = OpenBaoMasterKey(address)
    master.unwrap(master.wrap(b"secret", b""), b"")
    token = address.token_file.read_text().strip()
    assert token not in caplog.text + repr(master) + repr(address)
