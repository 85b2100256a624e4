"""What a process is assembled with."""

import pytest
from sqlalchemy import text

from hub import bootstrap
from hub.settings import HubSettings
from orchestration.stack import environment
from vault.settings import VaultSettings

DOORS = {
    "door": (environment.door, bootstrap.door),
    "release": (environment.release, bootstrap.release_door),
}


@pytest.mark.parametrize("name", DOORS)
def test_a_door_plans_what_it_asks_once(running, monkeypatch, name):
    told, assemble = DOORS[name]
    for variable, value in told("test", running.places, running.stores).items():
        monkeypatch.setenv(variable, value)
    db = assemble(VaultSettings(), HubSettings()).custody.db
    with db.read() as tx:
        assert tx.execute(text("SHOW plan_cache_mode")).scalar_one() == "force_generic_plan"
    db.close()
