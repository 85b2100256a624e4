"""Whatever is tried with an authorisation, the database lets through the steps of the one table and nothing else."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.authorisations import AUTHORISATION_TRANSITIONS, AuthorisationState
from contracts.identifiers import PersonId
from hub.authorisations.deciding import pause, refuse, resume, withdraw
from hub.authorisations.ending import expire_over
from hub.errors import NothingHere, StepRefused
from tests.unit.hub.releases.conftest import CANTEEN, asked, place, server
from tests.unit.hub.school_files.conftest import NOW

__all__ = ["asked", "place", "server"]
STATES = st.sampled_from(AuthorisationState)
MOVE = """UPDATE hub.reuse_grant SET state = %(to)s::text,
          withdrawn_at = CASE WHEN %(to)s::text = 'withdrawn' THEN now() END WHERE grant_id = %(g)s"""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(STATES, min_size=1, max_size=6))
def test_the_database_knows_the_same_steps(asked, path):
    family = _one(asked)
    grant, at = family.allow(CANTEEN), AuthorisationState.ACTIVE
    for to in path:
        allowed = to is at or to in AUTHORISATION_TRANSITIONS[at]
        try:
            family.rows(MOVE, to=to.value, g=grant)
        except psycopg.errors.CheckViolation:
            assert not allowed
        else:
            assert allowed
            at = to


_FAMILIES: dict[int, object] = {}


def _one(asked):
    return _FAMILIES.setdefault(id(asked), asked())


def test_an_authorisation_begins_requested_or_active(asked):
    family = asked()
    grant = family.allow(CANTEEN)
    copied = """INSERT INTO hub.reuse_grant SELECT (r).* FROM (SELECT jsonb_populate_record(NULL::hub.reuse_grant,
        to_jsonb(g) || jsonb_build_object('grant_id', gen_random_uuid(), 'state', 'paused')) r
        FROM hub.reuse_grant g WHERE grant_id = %(g)s) made"""
    with pytest.raises(psycopg.errors.CheckViolation, match="begins requested or active"):
        family.rows(copied, g=grant)


@pytest.mark.parametrize(
    "change",
    ["recipient = '91000002700011'", "valid_until = valid_until + 1", "evidence_types = evidence_types || '{payslip}'"],
)
def test_what_was_allowed_never_changes(asked, change):
    family = asked()
    grant = family.allow(CANTEEN)
    with pytest.raises(psycopg.errors.CheckViolation, match="never changes"):
        family.rows(f"UPDATE hub.reuse_grant SET {change} WHERE grant_id = %(g)s", g=grant)


def test_each_step_is_journaled_and_repeating_one_is_harmless(asked):
    family = asked()
    grant, person = family.allow(CANTEEN), PersonId(family.made.adult)
    for act in (pause, pause, resume, withdraw, withdraw):
        with family.db.transaction() as tx:
            act(tx, person, grant, now=NOW)
    steps = family.rows("SELECT state FROM hub.authorisation_step WHERE grant_id = %(g)s ORDER BY entry_id", g=grant)
    assert [one["state"] for one in steps] == ["active", "paused", "active", "withdrawn"]


def test_what_is_over_stays_over_and_anothers_is_not_there(asked):
    family, other = asked(), asked()
    grant = family.allow(CANTEEN)
    with family.db.transaction() as tx:
        withdraw(tx, PersonId(family.made.adult), grant, now=NOW)
    for act in (pause, resume, refuse):
        with family.db.transaction() as tx, pytest.raises(StepRefused):
            act(tx, PersonId(family.made.adult), grant, now=NOW)
    with family.db.transaction() as tx, pytest.raises(NothingHere):
        withdraw(tx, PersonId(other.made.adult), grant, now=NOW)


def test_time_ends_them_and_the_body_is_told(asked):
    family = asked()
    over, once, still = (
        family.allow(CANTEEN, valid_until=NOW.date()),
        family.allow(CANTEEN, once=True),
        family.allow(CANTEEN),
    )
    used = "UPDATE hub.reuse_grant SET used_for = grant_id, used_at = %(at)s WHERE grant_id = %(g)s"
    family.rows(used, g=once, at=NOW)
    later = NOW.replace(day=NOW.day + 1)
    assert expire_over(family.place.custody.db, now=later) >= 2
    assert expire_over(family.place.custody.db, now=later) == 0
    states = {row["grant_id"]: row["state"] for row in family.rows("SELECT grant_id, state FROM hub.reuse_grant")}
    assert [states[one] for one in (over, once, still)] == ["expired", "expired", "active"]
