"""Every command of compose.yaml, started natively on databases of its own: logins, keys and roles made, parts healthy."""

import datetime as dt
import ipaddress
import json
import shutil
import ssl
import stat
from pathlib import Path

import httpx
import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orchestration.machines.shares import SHARES
from orchestration.stack.postgres import SUPERUSER
from tests.machines import Machines, composed, image_tree
from tests.system import eventually
from tests.unit.vault.crypto.bao import _free_port

AGENTS = ("owner", "door", "release", "worker", "pipelines")
BESIDE = {"UNEFOIS_DATABASE": "many", "UNEFOIS_DAGSTER_DATABASE": "many_dagster"}
TEST = {"UNEFOIS_PROFILE": "test", "DOOR_URL": "http://door.test", "RELEASE_URL": "http://release.test"}


def certificate(folder: Path) -> None:
    """One that signs itself, for this machine."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, here = dt.datetime.now(dt.UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([here]), critical=True)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    for file in ("openbao_ca", "openbao_certificate"):
        (folder / file).write_bytes(pem)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "openbao_key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))


def unsealed(url: str, folder: Path) -> str:
    """Do what operators do with a new key service; return the token that sets it up."""
    http = httpx.Client(
        base_url=f"{url}/v1/", verify=ssl.create_default_context(cafile=folder / "openbao_ca"), timeout=60
    )

    def answers() -> bool:
        try:
            return http.get("sys/seal-status").is_success
        except httpx.TransportError:
            return False

    eventually(answers)
    made = http.put("sys/init", json={"secret_shares": 1, "secret_threshold": 1}).json()
    http.put("sys/unseal", json={"key": made["keys"][0]})
    eventually(lambda: http.get("sys/health").status_code == 200)
    return made["root_token"]


@pytest.fixture(scope="module")
def machines(running, tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    stores, secrets, tree = running.stores, folder / "secrets", image_tree(folder / "image")
    # The cluster is shared with the running system: its logins keep their passwords.
    passwords = folder / "originals" / "passwords"
    for one in (secrets, passwords, folder / "shares"):
        one.mkdir(mode=0o700, parents=True)
    for login, password in stores.passwords.items():
        (passwords / login).write_text(password)
    certificate(secrets)
    (secrets / "superuser_pgpass").touch(mode=0o600)
    (secrets / "superuser_pgpass").write_text(f"*:*:*:{SUPERUSER}:{running.running.layout.secret(SUPERUSER)}\n")
    shutil.copy(running.places.key("providers.json"), secrets / "providers")
    shutil.copytree(running.places.trust, folder / "trust")
    (folder / "partners").symlink_to(running.places.sandbox)
    database = f"{stores.postgres_host}:{stores.postgres_port}"
    words = {
        "/run/secrets": str(secrets),
        "/tmp/dagster": str(folder / "dagster"),
        "/shares": str(folder / "shares"),
        "/app": str(tree),
        "db:5432/unefois": f"{database}/many",
        "db:5432/dagster": f"{database}/many_dagster",
        "db:5432": database,
        "openbao:": "127.0.0.1:",
        "dagster-code:": "127.0.0.1:",
        "0.0.0.0": "127.0.0.1",
    }
    told = TEST | {
        "OBJECTS_ENDPOINT": stores.objects_endpoint,
        "OBJECTS_BUCKET": "many",
        "OBJECTS_ACCESS_KEY": stores.objects_access_key,
        "OBJECTS_SECRET_KEY": stores.objects_secret_key,
        "OBJECTS_INNER_KEY": "inner",
        "DOOR_PROCESSES": "1",
        "HUB_PLACES": json.dumps({"sandbox": running.sandbox_url, "drops": str(folder), "sftp": "127.0.0.1:9"}),
    }
    ports = {port: _free_port() for port in ("8000", "8001", "3000", "4000", "8200", "8201")}
    found = Machines(composed(told), folder, tree, words, ports)
    for mount in found.compose["services"]["provision"]["volumes"]:
        source, target = mount.split(":")
        (folder / source).mkdir(mode=0o700, exist_ok=True)
        (folder / target.removeprefix("/")).symlink_to(folder / source)
    try:
        found.start("openbao")
        token = unsealed(f"https://127.0.0.1:{ports['8200']}", secrets)
        (secrets / "openbao_setup_token").write_text(token)
        found.well("openbao")
        found.start("provision", **BESIDE)
        found.done("provision")
        yield found
    finally:
        found.end()


def test_every_part_comes_up_as_compose_says(machines, running):
    machines.start("migrate", "dagster-migrate", *(f"agent-{one}" for one in AGENTS))
    machines.well(*(f"agent-{one}" for one in AGENTS))
    machines.done("migrate")
    machines.start("partners", "door", "release", "worker")
    machines.done("partners", "dagster-migrate")
    machines.start("dagster-code", "dagster-web", "dagster-daemon")
    for port in ("8000", "8001", "4000", "3000"):
        eventually(lambda port=port: machines.listens(port))
    with psycopg.connect(running.stores.dsn("unefois_dagster", "many_dagster"), autocommit=True) as dagster:
        eventually(lambda: dagster.execute("SELECT 1 FROM daemon_heartbeats").fetchone())
    machines.well("door", "release", "dagster-code", "dagster-web", "dagster-daemon")
    assert [httpx.get(f"{machines.url(port)}/health").json()["keys"] for port in ("8000", "8001")] == ["ready"] * 2
    with psycopg.connect(running.stores.dsn("unefois_owner", "many"), autocommit=True) as owner:
        assert owner.execute("SELECT count(*) > 0 FROM hub.partner").fetchone() == (True,)
        eventually(lambda: owner.execute("SELECT 1 FROM jobs.procrastinate_workers").fetchone())


def test_a_share_holds_its_processs_own_and_nothing_more(machines):
    for name, share in SHARES.items():
        signs_in = {"role-id", "secret-id"} if share.role else set()
        files = {file.name: file for file in (machines.folder / f"share-{name}").iterdir()}
        assert set(files) == {"pgpass", *share.keys} | signs_in
        assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}


def test_making_ready_again_changes_nothing(machines):
    before = {file: file.read_bytes() for file in machines.folder.glob("share-*/*")}
    machines.start("provision", **BESIDE)
    machines.done("provision")
    assert before == {file: file.read_bytes() for file in machines.folder.glob("share-*/*")}
