"""What lives only for a while goes when its time is over, by the worker's own hand, and nothing else goes with it."""

import pytest

from hub.upkeep import SHORT_LIVED, sweep
from orchestration.custody import worker_custody
from tests.journeys.doors import Partner, family, person_id, rows, value
from tests.journeys.test_linking import code_of
from tests.system import Resident, System

SESSIONS = "SELECT count(*) FROM hub.session JOIN hub.account USING (account_id) WHERE person_id = %(who)s"
CODES = "SELECT count(*) FROM hub.link_code WHERE adult_id = %(who)s"
OVER = """UPDATE hub.session SET expires_at = now() - interval '1 minute' WHERE account_id IN
          (SELECT account_id FROM hub.account WHERE person_id = %(who)s)"""
CODE_OVER = """UPDATE hub.link_code SET expires_at = now() - interval '1 minute', made_at = now() - interval '1 hour'
               WHERE adult_id = %(who)s"""


@pytest.fixture
def swept(running: System):
    def run() -> int:
        with worker_custody(running.running.layout) as custody, custody.db.transaction() as tx:
            return sweep(tx, now=custody.now())

    return run


def test_what_is_over_goes_and_what_is_not_stays(running, swept):
    gone, stays = family(running), family(running)
    for parent, child in (gone, stays):
        code_of(parent, child)
    for over in (OVER, CODE_OVER):
        rows(running, over, who=person_id(gone[0]))
    assert swept() >= 2
    for count in (SESSIONS, CODES):
        assert value(running, count, who=person_id(gone[0])) == 0
        assert value(running, count, who=person_id(stays[0])) >= 1


def test_nothing_of_any_kind_that_is_over_is_left(running, swept):
    Partner(running, "caisse-13").token()
    Resident(running).sign_in()
    swept()
    for table in SHORT_LIVED:
        assert (
            value(running, f"SELECT count(*) FROM {table.fullname} WHERE expires_at <= now() - interval '1 hour'") == 0
        )
