"""Codes and links are shown to the adult whose act they are, to the partner they are for, and to nobody else."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from orchestration.stack.logins import GUESTS
from tests.journeys.doors import Partner, family, person_id
from tests.journeys.test_linking import code_of, linked
from tests.system import CAISSE, FAMILLES, Resident, System
from vault.standing import KINDS

TABLES = ("hub.link_code", "hub.partner_link")
OTHERS: dict[str, Any] = {"partner": FAMILLES, "ticket": "00", "job": 0, "purpose": "curiosity"}


@pytest.fixture(scope="module")
def parent(running: System) -> Resident:
    """Somebody whose child is linked to a partner, and who has a code besides."""
    made, child = family(running)
    linked(Partner(running, "caisse-13"), made, child)
    code_of(made, child)
    return made


def adults(running: System, login: str, table: str, **standing: Any) -> set[UUID] | None:
    """Whose rows a login sees; nothing where it may not look there at all."""
    with psycopg.connect(running.stores.dsn(login)) as connection:
        for kind, named in standing.items():
            connection.execute("SELECT set_config(%s, %s, true)", (f"unefois.{kind}", str(named)))
        try:
            return {row[0] for row in connection.execute(f"SELECT adult_id FROM {table}".encode())}
        except psycopg.errors.InsufficientPrivilege:
            return None


@pytest.mark.parametrize("kind", [None, *KINDS])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("login", GUESTS)
def test_with_no_and_with_anothers_standing_nothing_is_there(running, parent, login, table, kind):
    standing = {} if kind is None else {kind: OTHERS.get(kind, uuid4())}
    assert person_id(parent) not in (adults(running, login, table, **standing) or set())


@pytest.mark.parametrize("table", TABLES)
def test_the_adult_and_the_partner_see_their_own(running, parent, table):
    assert adults(running, "unefois_door", table, person=person_id(parent)) == {person_id(parent)}
    assert person_id(parent) in (adults(running, "unefois_release", table, partner=CAISSE) or set())


def test_nobody_writes_a_link_for_another_partner(running, parent):
    taking = "UPDATE hub.partner_link SET ended_at = now(), ended_by = 'partner' WHERE adult_id = %s"
    with psycopg.connect(running.stores.dsn("unefois_release")) as release:
        release.execute("SELECT set_config('unefois.partner', %s, true)", [FAMILLES])
        assert release.execute(taking, [person_id(parent)]).rowcount == 0
