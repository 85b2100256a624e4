"""What is known of the object store's ways, without starting it."""

from pathlib import Path

from orchestration.stack.layout import Layout
from orchestration.stack.objects import Objects, stalls
from orchestration.stack.ports import objects_ports

EARLY = b"""I1123 masterclient.go:271 .master masterClient failed to receive: raft.Server: Not current leader
I1123 volume_grpc_client_to_master.go:181 Heartbeat to: 127.0.0.1:1
"""
REFUSED = b"I1123 volume_grpc_client_to_master.go:127 heartbeat to 127.0.0.1:1 error: raft.Server: Not current leader\n"
RECOVERED = b"I1123 raft_server.go:77 Recovered TopologyId: 00000000-0000-0000-0000-000000000000\n"
LEADS = b"I1123 master_server.go:278 [127.0.0.1:1] I am the leader!\n"


def test_a_volume_server_that_asked_too_early_is_noticed() -> None:
    assert stalls(EARLY + REFUSED)


def test_the_other_parts_may_ask_too_early() -> None:
    assert not stalls(EARLY)


def test_a_master_that_leads_too_early_is_noticed_unless_it_is_new() -> None:
    assert stalls(RECOVERED + LEADS)
    assert not stalls(LEADS)
    assert not stalls(RECOVERED)


def test_every_door_is_bound_to_loopback_and_no_secret_is_on_the_command_line(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    store = Objects(layout, objects_ports())
    store.initialise()
    command = store.command()
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"} <= set(command)
    assert not [path.name for path in layout.secrets.iterdir() if path.read_text() in " ".join(command)]
    assert all((layout.objects_data / name).stat().st_mode & 0o077 == 0 for name in ("security.toml", "mini.options"))
