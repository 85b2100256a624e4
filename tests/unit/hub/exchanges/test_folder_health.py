"""Folders of partners as the console shows them: whether each opens to us, since when, and left alone while it is closed."""

from datetime import timedelta
from uuid import uuid4

import pytest

from connectors.drops import AUTH, HOST_KEY
from connectors.errors import AddressRefused, FolderUnreachable
from connectors.file_drop import FolderInbox
from connectors.port import Binding, Depth
from contracts.identifiers import Siret
from hub.exchanges.health import BUSINESS, Health, folder_is_due, levels, look_at_folder
from tests.system import CAISSE
from tests.unit.hub.exchanges.test_pushing import rpc  # noqa: F401 - a fixture of its neighbour
from tests.unit.hub.school_files.conftest import place, server  # noqa: F401 - fixtures of another folder


@pytest.fixture
def binding(tmp_path):
    return Binding(f"folder-{uuid4().hex[:12]}", str(tmp_path), Siret(CAISSE))


@pytest.fixture
def custody(rpc):  # noqa: F811 - the fixture
    """Of the process that hands files over, with its login's rights."""
    return rpc.planner


def seen(custody, binding):
    with custody.db.read() as tx:
        return {one.depth: one.state for one in levels(tx, binding.slug)}


def refusing(error):
    def opens():
        raise error

    return opens


def test_a_folder_that_opens_is_well_until_it_is_gone_and_says_since_when(place, custody, binding, tmp_path):  # noqa: F811 - the fixture
    begun, box = place.clock[0], tmp_path / "outbox"
    box.mkdir()
    assert folder_is_due(custody, binding)
    look_at_folder(custody, binding, lambda: FolderInbox(box), closed=None)
    well = {Depth.REACH: Health.OK, Depth.AUTH: Health.OK, BUSINESS: Health.OK}
    assert seen(custody, binding) == well | {Depth.CONTRACT: Health.UNKNOWN, Depth.CANARY: Health.UNKNOWN}
    assert not folder_is_due(custody, binding)
    place.clock[0] += timedelta(minutes=5)
    assert folder_is_due(custody, binding)
    box.rmdir()
    found = {one.depth: one for one in look_at_folder(custody, binding, lambda: FolderInbox(box), closed=None)}
    assert (found[Depth.REACH].state, found[Depth.REACH].since) == (Health.DOWN, place.clock[0])
    assert (found[BUSINESS].state, found[BUSINESS].since) == (Health.OK, begun)
    place.clock[0] = begun


@pytest.mark.parametrize(
    ("error", "reach", "auth"),
    [
        (FolderUnreachable("timeout"), Health.DOWN, Health.DOWN),
        (FolderUnreachable(AUTH), Health.OK, Health.DOWN),
        (FolderUnreachable(HOST_KEY), Health.OK, Health.DOWN),
        (AddressRefused("folder"), Health.UNKNOWN, Health.DOWN),
    ],
    ids=["silent", "does not know us", "another server", "address of ours"],
)
def test_what_is_wrong_stands_at_its_level(custody, binding, error, reach, auth):
    look_at_folder(custody, binding, refusing(error), closed=None)
    found = seen(custody, binding)
    assert (found[Depth.REACH], found[Depth.AUTH]) == (reach, auth)


def test_a_closed_partner_is_left_alone(place, custody, binding):  # noqa: F811 - the fixture
    until = place.clock[0] + timedelta(hours=6)
    look_at_folder(custody, binding, refusing(AssertionError("was asked")), closed=until)
    assert seen(custody, binding)[Depth.REACH] is Health.CLOSED
