"""The residents' door on a real PostgreSQL, under its own login; objects and master key in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from connectors.oidc.provider import ACR_VALUES, SCOPES, ClientSecret, ProviderConfig, Shape, standard_endpoints
from hub.api.callers import COOKIE
from hub.app import residents
from hub.bootstrap import Door
from hub.persons.accounts import Identity, enter, open_session
from hub.requirements.catalogue import load
from hub.schema.migrating import upgrade
from hub.settings import HubSettings
from tests.unit.vault.journal.postgres import running_postgres
from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.records import RecordSeals, RecordSigner
from vault.db import Database
from vault.documents.custody import Custody
from vault.storage.memory import MemoryObjectStore

DOOR_URL, RELEASE_URL = "http://door.test", "http://release.test"
LIMIT = 1_000_000
ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")


@dataclass(frozen=True, slots=True)
class Place:
    """A door, the worker's custody beside it, and a browser."""

    door: Door
    worker: Custody
    browser: TestClient

    def sign_in(self, given: str = "Nora", family: str = "BELKACEM") -> None:
        """Make the browser that of a made-up parent; a second name is a second person."""
        identity = Identity(
            issuer="https://identity.test",
            subject=f"{given} {family}",
            level="eidas1",
            family_name=family,
            given_names=(given,),
            usage_name=None,
            born_on="1988-04-02",
            birth_place="75113",
            birth_country="99100",
            gender="female",
        )
        now = datetime.now(UTC)
        with self.door.custody.db.transaction() as tx:
            account = enter(tx, identity, now=now)
            token = open_session(tx, account, provider="franceconnect", id_token="", now=now, authenticated_at=now)
        self.browser.cookies.set(COOKIE, token)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """One server a session, with both schemas and the logins of the processes."""
    with running_postgres() as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as owner:
            for role in ROLES:
                owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'of-this-test'")
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def parts(database: str) -> Iterator[tuple[Door, Custody]]:
    """The door under its own login with a key that only wraps, and the worker's custody with one that opens."""
    address = make_url(database).set(username="unefois_door", password="of-this-test")
    db, owner = Database.connect(address.render_as_string(hide_password=False)), Database.connect(database)
    master, objects, signer = MemoryMasterKey.generate(), MemoryObjectStore(), RecordSigner.generate()
    custody = Custody(
        db=db,
        objects=objects,
        keys=HolderKeys(master.wrap_only()),
        duplicates=DuplicateKey(bytes(32)),
        records=RecordSeals(signer, signer.verifier),
        max_document_bytes=LIMIT,
        now=lambda: datetime.now(UTC),
    )
    settings = HubSettings.model_validate({"UNEFOIS_PROFILE": "test", "door_url": DOOR_URL, "release_url": RELEASE_URL})
    yield (
        Door(settings, custody, load(), {"franceconnect": _provider()}),
        replace(custody, db=owner, keys=HolderKeys(master)),
    )
    db.close()
    owner.close()


@pytest.fixture
def place(parts: tuple[Door, Custody]) -> Place:
    """A browser nobody is signed in with."""
    door, worker = parts
    return Place(door, worker, TestClient(residents(door), base_url=DOOR_URL, follow_redirects=False))


def _provider() -> ProviderConfig:
    return ProviderConfig(
        shape=Shape.FRANCECONNECT,
        client_id="unefois",
        client_auth=ClientSecret(value=SecretStr("x" * 32)),
        redirect_uri=f"{DOOR_URL}/sign-in/franceconnect/callback",
        scopes=SCOPES[Shape.FRANCECONNECT],
        acr_values=ACR_VALUES[Shape.FRANCECONNECT],
        **standard_endpoints("https://identity.test/api/v2"),
    )
