"""Nothing leaves but through the gate, and the gate opens nothing that the journal does not know of."""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import hub.releases.gate
from contracts.identifiers import DocumentId, EntryId, PersonId, ReleaseId, new_uuid
from hub.bootstrap import release_door
from hub.releases.gate import Ordered, hand_over, order_own_copy
from hub.settings import HubSettings
from orchestration.stack.environment import release
from tests.architecture.source import MODULES, importers
from tests.journeys.doors import family, person_id, rows
from vault.documents.custody import Custody
from vault.errors import EntryMissing
from vault.journal.tables import ENTRY
from vault.settings import VaultSettings
from vault.standing import standing

OPENERS = {
    # The one gate.
    "open_released": {"hub.releases.gate"},
    # Reading, in the worker.
    "open_original": {"vault.ingest.conclude", "vault.ingest.rescanning"},
    # The one gate, of one's own paper: what its sender called the file.
    "open_released_name": {"hub.releases.gate"},
    # Values for the time of a judgement, in the worker.
    "open_fields": {
        "hub.school_files.settling",
        "hub.reviews.effects",
        "vault.documents.opening",  # behind the journal entry that its caller shows
    },
    # The same for many at once.
    "open_fields_of": {"hub.school_files.loading", "hub.majority.coming"},
    # The one gate, of what reading found.
    "open_released_fields": {"hub.releases.gate"},
    # Where letters go, opened where one is made.
    "open_kept_value": {"hub.persons.postal", "hub.reviews.noting"},
    "postal_address_of": {"hub.notifications.carriers"},
    # Plaintext of an object.
    "open_verified": {"vault.documents.opening"},
}
TRANSPORTS = {
    "connectors.http": {
        "hub.bootstrap",  # gives an exchange its way out, to the binding's own origin
        "hub.api.sign_in",  # the identity provider
        "hub.notifications.deliveries",  # thin notifications
        "connectors.sandbox.partners.client",  # the outside
    },
    "connectors.file_drop": {"hub.bootstrap"},
    "connectors.sftp": {"hub.bootstrap"},
}
NETWORK = {
    "httpx",
    "requests",
    "aiohttp",
    "urllib.request",
    "http.client",
    "smtplib",
    "ftplib",
    "websockets",
    "asyncssh",
}
NETWORK_USERS = {
    "hub.web.ops.pipelines": "Dagster's pages, for operators, on the address that a setting says",
    "connectors.http": "the transport of connectors",
    "connectors.sftp": "the transport of files",
    "connectors.mail": "letters whose text is fixed and names nobody",
    "orchestration.partner_check": "plays a partner's engineer from outside, and is told nothing but that partner's key",
    "vault.storage.s3": "the object store",
    "vault.storage.carrier": "carries what the object store's SDK signed",
    "vault.storage.wire": "the same, for what is small or read",
    "vault.crypto.openbao": "the key service: keys go there and come back wrapped",
    "orchestration.machines.key_service": "sets the key service up, once, with a token of its own",
    "orchestration.stack.processes": "asks our own processes how they are",
    "orchestration.pipelines.launching": "asks Dagster's own page to launch a run",
}


class Unopened:
    """An object store from which nothing may be read."""

    def get(self, name: object) -> object:
        raise AssertionError("an object was touched before the journal was asked")


@pytest.fixture
def custody(running, monkeypatch):
    """What the partners' door has: its login, and the right to unwrap."""
    for name, value in release("test", running.places, running.stores).items():
        monkeypatch.setenv(name, value)
    parts = release_door(VaultSettings(), HubSettings())
    yield parts.custody
    parts.custody.db.close()


@pytest.fixture
def paper(running) -> Iterator[tuple[PersonId, DocumentId]]:
    """A person and a paper of theirs, asked for by that person."""
    parent, _ = family(running)
    (found,) = rows(running, "SELECT document_id FROM hub.evidence WHERE holder_id = %(who)s", who=person_id(parent))
    with standing(person=person_id(parent)):
        yield PersonId(person_id(parent)), DocumentId(found["document_id"])


def closed(custody: Custody) -> Custody:
    return replace(custody, objects=Unopened())


def ordered(entry: UUID, document: DocumentId) -> Ordered:
    return Ordered(ReleaseId(new_uuid()), EntryId(entry), document)


def test_an_order_that_committed_opens(custody, paper):
    with custody.db.transaction() as tx:
        order = order_own_copy(tx, *paper, now=custody.now())
    assert b"".join(hand_over(custody, order).chunks).startswith(b"%PDF-")


def test_without_its_journal_line_nothing_opens(custody, paper):
    with pytest.raises(EntryMissing):
        hand_over(closed(custody), ordered(new_uuid(), paper[1]))


def test_a_gate_that_forgets_to_append_cannot_even_write_the_release_down(custody, paper, monkeypatch):
    monkeypatch.setattr(hub.releases.gate, "append", lambda tx, entry: EntryId(new_uuid()))
    with pytest.raises(IntegrityError), custody.db.transaction() as tx:
        order_own_copy(tx, *paper, now=custody.now())


def test_an_order_that_was_rolled_back_opens_nothing(custody, paper):
    with custody.db.transaction() as tx:
        order = order_own_copy(tx, *paper, now=custody.now())
        tx.driver.rollback()
    with pytest.raises(EntryMissing):
        hand_over(closed(custody), order)


def test_an_order_opens_nothing_before_it_has_committed(custody, paper):
    with custody.db.transaction() as tx:
        order = order_own_copy(tx, *paper, now=custody.now())
        with pytest.raises(EntryMissing):
            hand_over(closed(custody), order)


def test_the_entry_of_another_act_or_another_paper_opens_nothing(running, custody, paper):
    other, _ = family(running)
    (theirs,) = rows(running, "SELECT document_id FROM hub.evidence WHERE holder_id = %(w)s", w=person_id(other))
    with standing(person=person_id(other)), custody.db.transaction() as tx:
        order = order_own_copy(tx, PersonId(person_id(other)), DocumentId(theirs["document_id"]), now=custody.now())
        read = tx.execute(select(ENTRY.c.entry_id).where(ENTRY.c.act == "conclude").limit(1)).scalar_one()
    for entry in (order.entry_id, read):
        with pytest.raises(EntryMissing):
            hand_over(closed(custody), ordered(entry, paper[1]))


@pytest.mark.parametrize("opener", OPENERS)
def test_only_these_modules_open_anything(opener):
    assert {module.name for module in MODULES if module.uses(opener)} == OPENERS[opener]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_only_these_modules_have_a_way_out(transport):
    assert importers(transport) <= TRANSPORTS[transport]


def test_nobody_else_speaks_to_the_network():
    speaking = {m.name for m in MODULES if any(m.reaches(library) for library in NETWORK)}
    unexpected = {name for name in speaking - NETWORK_USERS.keys() if not name.startswith("connectors.sandbox")}
    assert {name for name in unexpected if not name.startswith("orchestration.demo")} == set()


def test_only_the_gate_and_the_orders_of_it_write_releases():
    # A row of hub.release without the gate would be a release nobody journaled.
    writers = {m.name for m in MODULES if re.search(r"insert\(RELEASE[,)]", m.text)}
    assert writers == {"hub.releases.gate"}
