"""Codes and links are shown to the adult whose act they are, to the partner they are for, and to nobody else."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

import psycopg
import pytest

from orchestration.stack.logins import GUESTS
from tests.architecture.standings import OTHERS, counted, own_standing, seen
from tests.journeys.doors import Partner, family, person_id, rows, value
from tests.journeys.test_linking import code_of, linked
from tests.journeys.test_mandates import bring, give
from tests.system import CAISSE, FAMILLES, Resident, System
from vault.standing import KINDS

TABLES = ("hub.link_code", "hub.partner_link")
WHOSE = {
    "hub.mandate": "%(p)s IN (person_id, helper_id)",
    "hub.mandate_theme": "mandate_id IN (SELECT mandate_id FROM hub.mandate WHERE %(p)s IN (person_id, helper_id))",
    "hub.person_merge": "survivor_id = %(p)s",
    "hub.person_merge_item": "merge_id IN (SELECT merge_id FROM hub.person_merge WHERE survivor_id = %(p)s)",
    "hub.line_succession": "merge_id IN (SELECT merge_id FROM hub.person_merge WHERE survivor_id = %(p)s)",
    "hub.link_proposal": "siret = %(siret)s",
}
"""Which rows are somebody's own, or a partner's."""
NOBODYS = OTHERS | {"partner": FAMILLES}
"""A partner there is, too, as one that is nobody's."""
MERGED = """WITH line AS (SELECT line_id, lead(line_id) OVER () AS next FROM hub.enrolment_line WHERE payer_id = %(p)s),
    merge AS (INSERT INTO hub.person_merge SELECT uuidv7(), %(p)s, %(o)s, uuidv7(), now() RETURNING merge_id),
    item AS (INSERT INTO hub.person_merge_item SELECT merge_id, 'passed', 'of_a_test', uuidv7() FROM merge)
    INSERT INTO hub.line_succession SELECT line_id, next, merge_id FROM line, merge WHERE next IS NOT NULL LIMIT 1"""
PROPOSED = """INSERT INTO hub.link_proposal SELECT uuidv7(), %(siret)s, 'a', 'b', 'C', '{D}', current_date, 'e', NULL, now(),
              now() + interval '1 hour'"""


@pytest.fixture(scope="module")
def parent(running: System) -> Resident:
    """Somebody whose child is linked to a partner, who has a code besides, a helper, and an account merged into theirs."""
    made, child = family(running)
    linked(Partner(running, "caisse-13"), made, child)
    code_of(made, child)
    for service in ("canteen_enrolment", "canteen_tariff"):
        made.request(child, service, CAISSE)
    helper, other = Resident(running).sign_in(), Resident(running).sign_in()
    given = give(made, "papers")
    assert bring(helper, given.json()["code"]).status_code == 200
    rows(running, MERGED, p=person_id(made), o=person_id(other))
    for siret in (CAISSE, FAMILLES):
        rows(running, PROPOSED, siret=siret)
    return made


def adults(running: System, login: str, table: str, **standing: Any) -> set[UUID] | None:
    """Whose rows a login sees; nothing where it may not look there at all."""
    return seen(running, login, table, "adult_id", **standing)


@pytest.mark.parametrize(
    ("table", "login", "kind"),
    [
        ("hub.mandate", "unefois_door", "person"),
        ("hub.mandate_theme", "unefois_door", "person"),
        ("hub.person_merge", "unefois_door", "person"),
        ("hub.person_merge", "unefois_worker", "job"),
        ("hub.person_merge_item", "unefois_worker", "job"),
        ("hub.line_succession", "unefois_worker", "job"),
        ("hub.link_proposal", "unefois_release", "partner"),
    ],
)
def test_the_right_standing_shows_ones_own_and_nothing_else_does(running, parent, table, login, kind):
    told = {"p": person_id(parent), "siret": CAISSE}
    own = value(running, f"SELECT count(*) FROM {table} WHERE {WHOSE[table]}", **told)
    assert own > 0
    right = nullcontext({"partner": CAISSE}) if kind == "partner" else own_standing(running, person_id(parent), kind)
    with right as standing:
        assert counted(running, login, table, **standing) == own
        for other in GUESTS:
            if other != login and (other, kind) not in ALSO.get(table, ()):
                assert not counted(running, other, table, **standing)


ALSO = {"hub.line_succession": [("unefois_release", "partner")], "hub.person_merge": [("unefois_door", "person")]}
"""Who else sees a table by another standing of its own."""


@pytest.mark.parametrize("kind", [None, *KINDS])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("login", GUESTS)
def test_with_no_and_with_anothers_standing_nothing_is_there(running, parent, login, table, kind):
    standing = {} if kind is None else {kind: NOBODYS[kind]}
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
