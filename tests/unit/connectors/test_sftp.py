"""A file handed over by SFTP appears whole, once, under its name or not at all, whatever the partner's server does."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest
from pydantic import SecretStr

from connectors.drops import OTHER_FILE_THERE, SAME_FILE_THERE, WRITTEN
from connectors.errors import AddressRefused, FileTooLarge, FolderUnreachable, SecretMissing
from connectors.port import Binding, Exchange, Limits, WireRequest
from connectors.sandbox import sftp as played
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.provisioning import create_sftp_place, sftp_keys
from connectors.sftp import SftpInbox, SftpPlace, SftpTransport
from contracts.outcomes import Phase
from tests.unit.connectors.wire import SIRET

LIMITS = Limits(connect_s=10, read_s=30, total_s=60, body_max_bytes=1_000_000)
BODY = b"reference;nom\r\n" * 9000
DIGEST = hashlib.sha256(BODY).hexdigest()


@dataclass(frozen=True)
class Partners:
    """Partners' servers in a thread."""

    state: Path
    port: int
    faults: Faults

    def binding(self, slug: str = "caisse-5", **changes: str) -> Binding:
        keys = sftp_keys(self.state) / slug
        secrets = {"client_key": (keys / "client_key").read_text(), "host_key": (keys / "host_key.pub").read_text()}
        known = {name: SecretStr(value) for name, value in (secrets | changes).items() if value}
        return Binding("b", f"sftp://{slug}@127.0.0.1:{self.port}", SIRET, known)

    def send(self, name: str = "a.csv", body: bytes = BODY, binding: Binding | None = None) -> Exchange:
        place = SftpPlace.of(binding or self.binding(), "drop")
        return SftpTransport(place, LIMITS).send(WireRequest("PUT", name, (), body))

    def inbox(self, slug: str = "caisse-5") -> SftpInbox:
        return SftpInbox(SftpPlace.of(self.binding(slug), "outbox"), LIMITS)

    def lying(self, slug: str = "caisse-5", folder: str = "drop") -> dict[str, bytes]:
        here = self.state / "partners" / slug / "sftp" / folder
        return {path.name: path.read_bytes() for path in here.iterdir()}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    state, faults = tmp_path_factory.mktemp("partners"), Faults()
    for slug in ("caisse-5", "caisse-6"):
        create_sftp_place(state, slug)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(played.serve(state, faults, 0), loop).result(30)
    yield Partners(state, acceptor.get_port(), faults)
    asyncio.run_coroutine_threadsafe(_ended(acceptor), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=30)


async def _ended(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()


@pytest.fixture
def partners(running: Partners) -> Partners:
    for path in running.state.glob("partners/*/sftp/*/*"):
        path.unlink()
    return running


def test_a_file_is_written_and_nothing_else_stays(partners: Partners) -> None:
    exchange = partners.send()
    assert (exchange.phase, exchange.status, exchange.header("x-sha256")) == (Phase.COMPLETE, WRITTEN, DIGEST)
    assert partners.lying() == {"a.csv": BODY}


def test_the_same_file_again_is_a_duplicate_and_another_is_never_overwritten(partners: Partners) -> None:
    partners.send()
    assert partners.send().status == SAME_FILE_THERE
    assert partners.send(body=BODY + b"x").status == OTHER_FILE_THERE
    assert partners.lying() == {"a.csv": BODY}


def test_what_a_crash_left_is_overwritten(partners: Partners) -> None:
    (partners.state / "partners/caisse-5/sftp/drop/.a.csv.part").write_bytes(b"x" * (len(BODY) + 5))
    assert partners.send().status == WRITTEN
    assert partners.lying() == {"a.csv": BODY}


@pytest.mark.parametrize(
    ("kind", "phase"),
    [
        ("half_written", Phase.NOT_SENT),
        ("cut_in_write", Phase.NOT_SENT),
        ("disk_full", Phase.NOT_SENT),
        ("rename_refused", Phase.NOT_SENT),
        ("cut_before_rename", Phase.NOT_SENT),
    ],
)
def test_a_fault_leaves_no_file_under_its_name_and_the_next_try_succeeds(
    partners: Partners, kind: str, phase: Phase
) -> None:
    partners.faults.order(FaultOrder(target="sftp/caisse-5", kind=kind))
    exchange = partners.send()
    assert (exchange.phase, exchange.status) == (phase, None)
    assert "a.csv" not in partners.lying()
    assert partners.send().status == WRITTEN
    assert partners.lying() == {"a.csv": BODY}


def test_an_answer_lost_after_the_rename_is_found_out(partners: Partners) -> None:
    partners.faults.order(FaultOrder(target="sftp/caisse-5", kind="cut_after_rename"))
    exchange = partners.send()
    assert (exchange.phase, exchange.status) == (Phase.COMPLETE, WRITTEN)


def test_what_the_partner_took_before_we_looked_again_stays_unknown(partners: Partners, monkeypatch) -> None:
    taken = played.PartnerFiles.rename

    def renamed_and_taken(self: played.PartnerFiles, old: bytes, new: bytes) -> None:
        taken(self, old, new)
        (partners.state / "partners/caisse-5/sftp/drop/a.csv").unlink()
        self.connection.abort()

    monkeypatch.setattr(played.PartnerFiles, "rename", renamed_and_taken)
    assert partners.send().phase is Phase.SENT


@pytest.mark.parametrize("name", ["../a.csv", "a/b", ".hidden", "", "a\x00b", "é.csv", "x" * 300])
def test_a_name_that_could_lead_elsewhere_is_refused(partners: Partners, name: str) -> None:
    assert partners.send(name).fault == "name_refused"


def test_a_server_with_another_key_gets_nothing(partners: Partners) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    exchange = partners.send(binding=partners.binding(host_key=other))
    assert (exchange.phase, exchange.fault) == (Phase.NOT_SENT, "host_key")
    assert partners.lying() == {}


def test_one_partners_key_opens_no_other_partners_folder(partners: Partners) -> None:
    other = (sftp_keys(partners.state) / "caisse-6" / "client_key").read_text()
    exchange = partners.send(binding=partners.binding(client_key=other))
    assert (exchange.phase, exchange.fault) == (Phase.NOT_SENT, "auth")


def test_nobody_there_is_not_sent(partners: Partners) -> None:
    gone = replace(partners.binding(), base_url="sftp://caisse-5@127.0.0.1:1")
    assert (partners.send(binding=gone).phase, partners.send(binding=gone).fault) == (Phase.NOT_SENT, "connect")


@pytest.mark.parametrize("address", ["https://a@b", "sftp://host/", "sftp://a:word@host", "sftp:///x"])
def test_an_address_that_is_none_of_ours_is_refused(partners: Partners, address: str) -> None:
    with pytest.raises(AddressRefused):
        SftpPlace.of(replace(partners.binding(), base_url=address))


def test_a_binding_without_its_pinned_key_is_refused(partners: Partners) -> None:
    with pytest.raises(SecretMissing):
        SftpPlace.of(partners.binding(host_key=""))


def test_what_a_partner_left_is_listed_fetched_and_taken_away(partners: Partners) -> None:
    outbox = partners.state / "partners/caisse-5/sftp/outbox"
    (outbox / "d.csv").write_bytes(BODY)
    (outbox / ".d2.part").write_bytes(b"half")
    (outbox / "link.csv").symlink_to(outbox / "d.csv")
    inbox = partners.inbox()
    assert [(one.name, one.size) for one in inbox.listing()] == [("d.csv", len(BODY))]
    assert inbox.fetch("d.csv", len(BODY)) == BODY
    with pytest.raises(FileTooLarge):
        inbox.fetch("d.csv", len(BODY) - 1)
    inbox.clear("d.csv")
    inbox.clear("d.csv")
    assert inbox.listing() == []


def test_a_folder_that_cannot_be_reached_is_not_empty(partners: Partners) -> None:
    with pytest.raises(FolderUnreachable, match="auth"):
        SftpInbox(SftpPlace.of(partners.binding(client_key=_foreign(partners)), "outbox"), LIMITS).listing()


def _foreign(partners: Partners) -> str:
    return (sftp_keys(partners.state) / "caisse-6" / "client_key").read_text()
