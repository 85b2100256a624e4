"""One process, one login, one key right: each may do its work and no more."""

from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError

from hub.settings import HubSettings
from orchestration.stack import environment
from orchestration.stack.logins import GUESTS, LOGINS
from orchestration.stack.system import StackSettings
from tests.architecture.source import MODULES
from tests.journeys.doors import rows
from vault.settings import VaultSettings

JOURNAL = {
    "journal_entry": "act",
    "journal_record": "record",
    "journal_leaf": "leaf_hash",
    "journal_node": "hash",
    "journal_head": "root_hash",
    "journal_stamp": "token",
}
READS_ENVIRONMENT = {
    "orchestration.stack.launch": "hands on what it was given to what it becomes",
    "orchestration.pipelines.serve": "the same, for Dagster's own processes",
}
PROCESSES = {
    "door": environment.door,
    "release": environment.release,
    "worker": environment.worker,
    "pipelines": environment.pipelines,
}


def as_login(running, login: str) -> psycopg.Connection:
    return psycopg.connect(running.stores.dsn(login))


def refused(running, login: str, statement: str) -> None:
    with as_login(running, login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("login", LOGINS)
def test_no_login_is_a_superuser_or_passes_row_security(running, login):
    statement = """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit
                   FROM pg_roles WHERE rolname = %(login)s"""
    assert set(rows(running, statement, login=login)[0].values()) == {False}


def test_no_login_is_a_member_of_another(running):
    members = """SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
                 WHERE r.rolname LIKE 'unefois%%'"""
    assert rows(running, members) == []


@pytest.mark.parametrize("login", GUESTS)
@pytest.mark.parametrize("table", JOURNAL)
def test_nobody_rewrites_the_journal(running, login, table):
    refused(running, login, f"UPDATE vault.{table} SET {JOURNAL[table]} = {JOURNAL[table]}")
    if (login, table) != ("unefois_worker", "journal_record"):  # the worker lets records go: 36 months, erasure
        refused(running, login, f"DELETE FROM vault.{table}")
    refused(running, login, f"TRUNCATE vault.{table}")


@pytest.mark.parametrize("login", GUESTS)
def test_no_process_changes_the_shape_of_anything(running, login):
    refused(running, login, "ALTER TABLE vault.document DISABLE TRIGGER document_life")
    refused(running, login, "CREATE TABLE vault.mine (a int)")
    refused(running, login, "CREATE TABLE public.mine (a int)")
    refused(running, login, "DROP TABLE hub.receipt")


def test_the_residents_door_sees_no_sealed_value_and_no_partners_secret(running):
    refused(running, "unefois_door", "SELECT sealed_fields FROM vault.reading")
    refused(running, "unefois_door", "SELECT * FROM vault.reading")
    refused(running, "unefois_door", "SELECT webhook_secret_wrapped FROM hub.partner")
    refused(running, "unefois_door", "SELECT * FROM vault.viewing_copy")


def test_only_the_worker_concludes_links_and_destroys_keys(running):
    for login in ("unefois_door", "unefois_release", "unefois_pipelines"):
        refused(running, login, "UPDATE vault.document SET state = 'available'")
        refused(running, login, "INSERT INTO hub.family_link SELECT * FROM hub.family_link")
        refused(running, login, "DELETE FROM vault.holder_key")
        refused(running, login, "INSERT INTO vault.journal_head SELECT * FROM vault.journal_head")


def test_no_process_makes_an_agent_or_gives_a_role(running):
    for login in GUESTS:
        refused(running, login, "INSERT INTO hub.agent SELECT * FROM hub.agent")
        refused(running, login, "INSERT INTO hub.agent_role SELECT * FROM hub.agent_role")
        refused(running, login, "UPDATE hub.agent_role SET withdrawn_at = NULL")


def test_only_the_worker_carries_out_what_an_agent_decided(running):
    for login in ("unefois_door", "unefois_release", "unefois_pipelines"):
        refused(running, login, "UPDATE hub.review SET applied_at = now()")
        refused(running, login, "UPDATE hub.family_link SET retracted_at = now()")


def test_only_the_gates_processes_write_releases(running):
    refused(running, "unefois_door", "INSERT INTO hub.release SELECT * FROM hub.release")


def test_the_database_holds_to_the_life_of_a_document(running):
    paper = rows(running, "SELECT document_id FROM vault.document WHERE state = 'available' LIMIT 1")
    with psycopg.connect(running.owner_dsn()) as owner, pytest.raises(psycopg.errors.CheckViolation):
        # Even its owner does not bring a document back to where it began.
        owner.execute("UPDATE vault.document SET state = 'received' WHERE document_id = %s", [paper[0]["document_id"]])


@pytest.fixture(autouse=True, scope="module")
def _somebody_lived_here(running):
    from tests.journeys.doors import family

    family(running)


def told(running, process: str) -> dict[str, str]:
    return PROCESSES[process]("test", running.places, running.stores)


def test_each_process_has_a_login_of_its_own(running):
    urls = {process: told(running, process)["VAULT_DATABASE_URL"] for process in PROCESSES}
    assert all(f"unefois_{process}:" in url for process, url in urls.items())


def test_only_release_and_worker_are_told_where_the_private_keyset_is(running):
    holders = {process for process in PROCESSES if "VAULT_MASTER_PRIVATE_KEYSET" in told(running, process)}
    assert holders == {"release", "worker"}
    assert "private" not in str(told(running, "door")).lower()


def test_each_other_secret_is_told_to_one_who_needs_it(running):
    needed = {
        "VAULT_JOURNAL_SIGNING_KEY": {"worker"},
        "VAULT_DUPLICATE_KEY": {"door", "worker"},
        "HUB_TOKEN_SIGNING_KEY": {"release"},
        "HUB_ANSWER_SIGNING_KEY": {"release"},
        "HUB_PROVIDERS": {"door"},
        "HUB_SECRETS": {"worker"},
        "HUB_FILE_KEYS": {"pipelines"},
    }
    found = {name: {process for process in PROCESSES if name in told(running, process)} for name in needed}
    assert found == needed


def test_the_running_processes_were_told_no_more_than_that(running):
    for process in ("door", "release", "worker"):
        (part,) = [part for part in running.running.state.parts if part.name == process]
        environ = Path(f"/proc/{part.lifeline.pid}/environ").read_bytes().split(b"\0")
        names = {line.partition(b"=")[0].decode() for line in environ}
        ours = {name for name in names if name.startswith(("VAULT_", "HUB_"))}
        assert ours == {name for name in told(running, process) if name.startswith(("VAULT_", "HUB_"))}


def test_keys_and_secrets_are_their_owners_alone(running):
    layout = running.running.layout
    secret = [path for path in layout.state.rglob("*") if path.is_file() and is_secret(layout.state, path)]
    assert len(secret) > 10
    assert [path.name for path in secret if mode(path) & 0o077] == []
    assert layout.state.stat().st_mode & 0o066 == 0


def is_secret(state: Path, path: Path) -> bool:
    place = path.relative_to(state).parts[0]
    if place not in ("keys", "secrets", "sandbox"):
        return False
    content = path.read_bytes()
    told = place == "secrets" or path.suffix in (".secret", ".token", ".key")
    return told or b"PRIVATE KEY" in content or b'"d":' in content or path.name == "master.private.json"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_environment_is_read_in_settings_only():
    reading = {m.name for m in MODULES if m.uses("environ") or m.uses("getenv")}
    assert reading <= READS_ENVIRONMENT.keys() | {"orchestration.pipelines.instance"}


VAULT = {
    "database_url": "postgresql+psycopg://nobody@localhost/none",
    "objects_endpoint": "localhost:1",
    "objects_access_key": "a",
    "objects_secret_key": "b",
    "objects_bucket": "c",
    "objects_secure": False,
    "master_public_keyset": "/nowhere",
}
HUB = {"door_url": "https://door.example", "release_url": "https://release.example"}


def vault_settings(profile: str, **changed: object) -> VaultSettings:
    return VaultSettings.model_validate({"UNEFOIS_PROFILE": profile, **VAULT, **changed})


def hub_settings(profile: str, **changed: object) -> HubSettings:
    return HubSettings.model_validate({"UNEFOIS_PROFILE": profile, **HUB, **changed})


def test_without_a_profile_nothing_starts(monkeypatch):
    monkeypatch.delenv("UNEFOIS_PROFILE", raising=False)
    for settings, given in ((VaultSettings, VAULT), (HubSettings, HUB)):
        with pytest.raises(ValidationError, match="UNEFOIS_PROFILE"):
            settings.model_validate(given)


@pytest.mark.parametrize("missing", VAULT)
def test_a_setting_that_is_missing_is_named_and_none_has_a_default(missing, monkeypatch):
    monkeypatch.delenv(f"VAULT_{missing.upper()}", raising=False)
    given = {name: value for name, value in VAULT.items() if name != missing}
    with pytest.raises(ValidationError, match=f"(?i){missing}"):
        VaultSettings.model_validate({"UNEFOIS_PROFILE": "test", **given})


def test_production_refuses_a_local_master_keyset_by_name():
    assert vault_settings("test").profile == "test"
    with pytest.raises(ValidationError, match="VAULT_MASTER_PUBLIC_KEYSET"):
        vault_settings("production")


@pytest.mark.parametrize(
    ("named", "changed"),
    [
        ("HUB_PLACES", {"places": {"sandbox": "http://127.0.0.1:1"}}),
        ("HUB_DOOR_URL", {"door_url": "http://door.example"}),
        ("HUB_RELEASE_URL", {"release_url": "http://release.example"}),
    ],
)
def test_production_refuses_what_only_a_demonstration_has(named, changed):
    assert hub_settings("production").profile == "production"
    assert hub_settings("demo", **changed).profile == "demo"
    with pytest.raises(ValidationError, match=named):
        hub_settings("production", **changed)


def test_the_one_machine_system_is_never_production(monkeypatch):
    monkeypatch.setenv("UNEFOIS_PROFILE", "production")
    with pytest.raises(ValidationError, match="profile"):
        StackSettings()


def test_a_refusal_of_settings_repeats_no_secret():
    with pytest.raises(ValidationError) as refusal:
        vault_settings("test", objects_secure="s3cret-by-mistake")
    assert "s3cret-by-mistake" not in str(refusal.value)
