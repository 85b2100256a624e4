"""The operators' console: who is let in, what is found, what is decided and kept in the journal, what is shown of a body."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url

from hub.errors import NothingHere
from hub.exchanges.planning import State
from hub.exchanges.showing import look
from hub.exchanges.tables import EXCHANGE, EXCHANGE_ATTEMPT
from hub.persons.agents import Role
from tests.system import CAISSE
from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.operating import CITY, agent, exchange
from tests.unit.hub.web.pages_read import Page
from vault.bodies.keeping import BodyKind, Talk, keep_body, period_key, seal_body
from vault.db import Database
from vault.standing import Purpose, standing

PAGES = ("/ops", "/ops/echanges", "/ops/en-attente", "/ops/dossiers", "/ops/reprises", "/ops/calendrier")


def state_of(place: Place, number: UUID) -> str:
    with place.worker.db.read() as tx:
        found: str = tx.execute(select(EXCHANGE.c.state).where(EXCHANGE.c.exchange_id == number)).scalar_one()
    return found


def journal(place: Place, number: UUID) -> list[dict[str, object]]:
    """What the journal says of an exchange, oldest first."""
    asked = text(
        "SELECT record FROM vault.journal_record JOIN vault.journal_entry USING (entry_id) ORDER BY recorded_at"
    )
    with place.worker.db.read() as tx:
        details = [json.loads(row.record)["detail"] for row in tx.execute(asked)]
    return [one for one in details if one.get("exchange") == str(number)]


@pytest.mark.parametrize("path", PAGES)
def test_only_operators_and_viewers_are_let_in(place, path):
    assert place.browser.get(path).status_code == 401
    place.sign_in()
    assert place.browser.get(path).status_code == 401
    for role, body, status in (
        (Role.REVIEWER, CITY, 403),
        (Role.OPERATOR, CAISSE, 403),
        (Role.VIEWER, CITY, 200),
        (Role.OPERATOR, CITY, 200),
    ):
        agent(place, role, body)
        answer = place.browser.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, Page(answer.text).problems) == (status, []), role


def test_a_viewer_changes_nothing_and_neither_does_another_site(place):
    number = exchange(place, "in_doubt")
    path, said = f"/ops/echanges/{number}/decider", {"comment": "happened", "raison": "seen at theirs"}
    agent(place, Role.VIEWER)
    assert place.browser.post(path, data=said).status_code == 403
    agent(place, Role.OPERATOR)
    assert place.browser.post(path, data=said, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert state_of(place, number) == "in_doubt"


def test_the_database_asks_for_the_role_whatever_the_door_says(place):
    number = exchange(place, "in_doubt")
    told = update(EXCHANGE).where(EXCHANGE.c.exchange_id == number).values(due_at=None)
    for role, shown, changed in ((Role.REVIEWER, 0, 0), (Role.VIEWER, 1, 0), (Role.OPERATOR, 1, 1)):
        with standing(agent=agent(place, role), purpose=Purpose.OPERATING), place.door.custody.db.transaction() as tx:
            found = tx.execute(select(EXCHANGE.c.state).where(EXCHANGE.c.exchange_id == number)).all()
            assert (len(found), tx.execute(told).rowcount) == (shown, changed), role


def test_exchanges_are_found_by_what_is_told_and_page_by_page(place):
    agent(place, Role.OPERATOR)
    same = uuid4().hex
    numbers = {exchange(place, correlation=same) for _ in range(51)}
    odd = exchange(place, outcome="rejected", correlation=same)
    first = place.browser.get("/ops/echanges", params={"correlation": same})
    place_of_next = next(one["href"] for one in Page(first.text).named("a") if "suite=" in one["href"])
    second = place.browser.get(place_of_next)
    seen = [number for number in (*numbers, odd) for page in (first, second) if str(number) in page.text]
    assert sorted(seen) == sorted((*numbers, odd))
    narrowed = place.browser.get("/ops/echanges", params={"correlation": same, "resultat": "issue:rejected"})
    assert str(odd) in narrowed.text
    assert not any(str(number) in narrowed.text for number in numbers)
    for wrong in ({"depuis": "hier"}, {"resultat": "nothing"}, {"suite": "x"}):
        assert place.browser.get("/ops/echanges", params=wrong).status_code == 422


def test_what_is_in_doubt_is_decided_once_and_the_journal_has_the_reason(place):
    number = exchange(place, "in_doubt")
    agent(place, Role.OPERATOR)
    page = place.browser.get(f"/ops/echanges/{number}")
    assert "Décider" in page.text
    assert "dans le doute" in page.text
    assert str(number) in place.browser.get("/ops/en-attente").text
    path = f"/ops/echanges/{number}/decider"
    assert place.browser.post(path, data={"comment": "happened", "raison": " "}).status_code == 422
    assert place.browser.post(path, data={"comment": "happened", "raison": "asked by phone"}).status_code == 303
    assert state_of(place, number) == State.SETTLED
    assert [one["reason"] for one in journal(place, number)] == ["asked by phone"]
    assert place.browser.post(path, data={"comment": "again", "raison": "x"}).status_code == 409


def test_a_partner_is_asked_where_it_can_be(place):
    agent(place, Role.OPERATOR)
    for write_class, status in (("none", 409), ("lookup", 303)):
        number = exchange(place, "in_doubt", write_class=write_class)
        told = place.browser.post(f"/ops/echanges/{number}/demander", data={"raison": "a family waits"})
        assert told.status_code == status
        with place.worker.db.read() as tx:
            due = tx.execute(select(EXCHANGE.c.due_at).where(EXCHANGE.c.exchange_id == number)).scalar_one()
        assert (due is not None) == (status == 303)


def test_a_body_is_shown_once_for_a_reason_and_without_what_it_says_of_anybody(place, database):
    number, now = exchange(place), datetime.now(UTC)
    answer = "<r><suite>REFUSEE</suite><nom>KERJEAN</nom></r>"
    head = {"method": "POST", "url": "https://x.test/?q=KERJEAN", "request": 4, "headers": [["x", "KERJEAN"]]}
    kept = seal_body(place.worker, json.dumps(head).encode() + b"\nsent" + answer.encode())
    with place.worker.db.transaction() as tx:
        key = period_key(tx, place.worker, Talk(CAISSE, "made-up", BodyKind.PUSH), now=now)
        body_id = keep_body(tx, key, kept, now=now)
        attempt = {"exchange_id": number, "number": 1, "act": "send", "binding": "made-up", "again": False}
        more = {"target": "POST https://x.test/", "began_at": now, "body_id": body_id}
        tx.execute(insert(EXCHANGE_ATTEMPT).values(**attempt, **more))
    agent(place, Role.OPERATOR)
    asked = place.browser.post(
        f"/ops/echanges/{number}/voir/1", data={"motif": "refusal", "raison": "why was it refused"}
    )
    assert asked.status_code == 303
    address = make_url(database).set(username="unefois_release", password="of-this-test")
    release = Database.connect(address.render_as_string(hide_password=False))
    custody = replace(place.worker, db=release)
    ticket = asked.headers["location"].rpartition("/")[2]
    shown = look(custody, ticket)
    assert "REFUSEE" in shown.response
    assert "KERJEAN" not in repr(shown)
    assert [one["reason"] for one in journal(place, number)] == ["why was it refused"]
    with pytest.raises(NothingHere):
        look(custody, ticket)
    release.close()


def test_a_plan_is_counted_made_and_paused_at_the_console(place):
    agent(place, Role.OPERATOR)
    binding = f"made-up-{uuid4().hex}"
    now = datetime.now(UTC)
    with place.worker.db.transaction() as tx:
        period = period_key(tx, place.worker, Talk(CAISSE, binding, BodyKind.PUSH), now=now)
    kept = {"binding": binding, "command": b"sealed", "command_period": period.holder_id, "command_generation": 1}
    for _ in range(2):
        exchange(place, "parked", **kept)
    exchange(place, binding=binding)
    counted = place.browser.get("/ops/reprises", params={"binding": binding})
    assert "2 échanges seraient repris" in counted.text
    told = {"binding": binding, "par_minute": "60", "raison": "their key was changed"}
    made = place.browser.post("/ops/reprises", data=told)
    assert made.status_code == 303
    address = made.headers["location"]
    assert Page(place.browser.get(address).text).problems == []
    paused = place.browser.post(address.partition("?")[0], data={"vers": "paused"})
    assert paused.status_code == 303
    assert "en pause" in place.browser.get(address).text
    assert place.browser.post("/ops/reprises", data=told).status_code == 422
