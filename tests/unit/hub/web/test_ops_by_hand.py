"""What operators do by hand at the console: each change takes an operator, an edited repeat takes two."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.app import residents_routes
from hub.exchanges.tables import EXCHANGE, EXCHANGE_EDIT, FOLDER_IN
from hub.partners.applying import Wanted, apply
from hub.partners.webhooks import ensure_webhook
from hub.persons.agents import OPERATOR, Role
from tests.assets.partners import made_up_partner
from tests.system import CAISSE
from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.operating import agent, exchange
from tests.unit.hub.web.pages_read import Page
from tests.unit.hub.web.test_ops import journal, state_of
from vault.standing import Purpose, standing

SECRET = "1c9f0a2e-8a57-4f6e-9a53-27e05f4a1b6d"


def edit_of(place: Place, number: UUID) -> dict[str, object]:
    with place.worker.db.read() as tx:
        row = tx.execute(select(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.exchange_id == number)).one()
    return dict(row._mapping)


def drafted(place: Place, number: UUID) -> UUID:
    """What the worker makes of what was asked (test_editing.py has it itself)."""
    proposed, now = (
        exchange(place, "proposed", parent_id=number, author=str(edit_of(place, number)["author"])),
        datetime.now(UTC),
    )
    with place.worker.db.transaction() as tx:
        told = update(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.exchange_id == number)
        tx.execute(told.values(state="proposed", proposed_id=proposed, drafted_at=now))
    return proposed


def asked(place: Place, number: UUID, raison: str = "they told us the number") -> int:
    said = {"champ.line.line": SECRET, "raison": raison}
    return place.browser.post(f"/ops/echanges/{number}/modifier", data=said).status_code


def test_every_change_at_the_console_takes_an_operator(place):
    agent(place, Role.VIEWER)
    routes = (one.path for one in iter_route_contexts(residents_routes().routes) if one.methods == {"POST"})
    changes = [path for path in routes if path.startswith("/ops/") and "dagster" not in path]
    assert len(changes) >= 8
    for path in changes:
        filled = path.replace("{number}", "1").replace("{siret}", CAISSE)
        filled = "/".join(str(uuid4()) if part.startswith("{") else part for part in filled.split("/"))
        assert place.browser.post(filled, data={"raison": "x"}).status_code == 403, path


def test_an_edited_repeat_takes_two_operators(place):
    number = exchange(place, "parked")
    agent(place, Role.OPERATOR)
    assert "Reprendre avec une autre valeur" in place.browser.get(f"/ops/echanges/{number}").text
    assert asked(place, number, " ") == 422
    assert asked(place, number) == 303
    assert asked(place, number) == 409
    proposed = drafted(place, number)
    page = place.browser.get(f"/ops/echanges/{proposed}")
    assert Page(page.text).problems == []
    assert SECRET in page.text
    assert ("Approuver et envoyer" in page.text, "Retirer" in page.text) == (False, True)
    path, said = f"/ops/echanges/{proposed}/modification", {"comment": "approuver", "raison": "compared"}
    assert place.browser.post(path, data=said).status_code == 409
    assert edit_of(place, number)["state"] == "proposed"
    second = agent(place, Role.OPERATOR)
    assert "Approuver et envoyer" in place.browser.get(f"/ops/echanges/{proposed}").text
    assert str(proposed) in place.browser.get("/ops/en-attente").text
    assert place.browser.post(path, data=said).status_code == 303
    assert (edit_of(place, number)["state"], edit_of(place, number)["decider"]) == ("approved", second)
    assert place.browser.post(path, data=said).status_code == 409
    steps = [one.get("step") for one in (*journal(place, number), *journal(place, proposed))]
    assert steps == ["edit_asked", "edit_approved"]
    assert SECRET not in repr([*journal(place, number), *journal(place, proposed)])
    seen = place.browser.get(f"/ops/echanges/{proposed}").text
    assert "un second opérateur l'approuve" in seen.replace("&#39;", "'")


def test_an_edited_repeat_is_declined_and_nothing_leaves(place):
    number = exchange(place, "parked")
    agent(place, Role.OPERATOR)
    asked(place, number)
    proposed = drafted(place, number)
    agent(place, Role.OPERATOR)
    said = {"comment": "ecarter", "raison": "the number is that of last year"}
    assert place.browser.post(f"/ops/echanges/{proposed}/modification", data=said).status_code == 303
    assert (state_of(place, proposed), state_of(place, number)) == ("cancelled", "parked")
    assert edit_of(place, number)["state"] == "declined"


@pytest.mark.parametrize("state", ["in_doubt", "planned", "settled"])
def test_what_may_have_happened_has_no_such_form(place, state):
    number = exchange(place, state)
    agent(place, Role.OPERATOR)
    assert "Reprendre avec une autre valeur" not in place.browser.get(f"/ops/echanges/{number}").text
    assert asked(place, number) == 409


def test_the_database_lets_nobody_write_or_decide_in_anothers_name(place):
    number = exchange(place, "parked")
    anne, bruno = agent(place, Role.OPERATOR), agent(place, Role.OPERATOR)
    row = {"edit_id": uuid4(), "exchange_id": number, "binding": "made-up", "siret": "21750001600019", "reason": "x"}
    row |= {"changes": {"line.line": SECRET}, "asked_at": datetime.now(UTC)}
    door = place.door.custody.db

    def as_agent(who: UUID, statement) -> None:
        with standing(agent=who, purpose=Purpose.OPERATING), door.transaction() as tx:
            tx.execute(statement)

    with pytest.raises(DBAPIError, match="row-level security"):
        as_agent(bruno, insert(EXCHANGE_EDIT).values(**row, author=anne, state="asked"))
    as_agent(anne, insert(EXCHANGE_EDIT).values(**row, author=anne, state="asked"))
    proposed = drafted(place, number)
    this = update(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.proposed_id == proposed)
    now = datetime.now(UTC)
    with pytest.raises(DBAPIError, match="row-level security"):
        as_agent(anne, this.values(state="approved", decider=bruno, decided_at=now))
    with pytest.raises(IntegrityError):
        as_agent(anne, this.values(state="approved", decider=anne, decided_at=now))
    with pytest.raises(DBAPIError, match="row-level security"):
        as_agent(bruno, this.values(state="let_go", decider=bruno, decided_at=now, ended_at=now))
    as_agent(bruno, this.values(state="approved", decider=bruno, decided_at=now))
    with door.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM hub.exchange_edit")).scalar_one() == 0
    told = update(EXCHANGE).where(EXCHANGE.c.exchange_id == proposed)
    with pytest.raises(IntegrityError), place.worker.db.transaction() as tx:
        tx.execute(told.values(approver=str(anne)))


def stuck(place: Place) -> tuple[str, UUID]:
    """A partner whose webhook refuses one notification."""
    file, number, now = made_up_partner("https://partner.test/hook"), uuid4(), datetime.now(UTC)
    siret = file.siret
    later = {"siret": siret, "number": number, "event": uuid4(), "now": now}
    with place.worker.db.transaction() as tx:
        apply(tx, Wanted(file), wrap_secret=lambda: b"x", actor=OPERATOR, now=now)
        ensure_webhook(tx, siret, lambda secret, _: secret, now=now)
        for statement in STUCK:
            tx.execute(text(statement), later)
    return siret, number


STUCK = (
    "INSERT INTO vault.event (event_id, type, subject, occurred_at, data) VALUES (:event, 'x', 'x', :now, '{}')",
    """INSERT INTO hub.delivery (delivery_id, siret, event_id, body, state, attempts, next_attempt_at, last_outcome,
        created_at, subject, service, place)
       VALUES (:number, :siret, :event, '{}', 'due', 3, :now, 'rejected:400', :now, :event, 'canteen_tariff', 1)""",
)


def test_a_notification_is_let_go_at_the_console_once_its_partner_was_told(place):
    siret, number = stuck(place)
    agent(place, Role.OPERATOR)
    page = f"/ops/en-attente/webhooks/{siret}"
    assert page in place.browser.get("/ops/en-attente").text
    shown = place.browser.get(page)
    assert (Page(shown.text).problems, str(number) in shown.text) == ([], True)
    path, said = f"{page}/annonces/{number}", {"comment": "abandonner", "raison": "their engineer asked for it"}
    assert place.browser.post(path, data=said).status_code == 409
    assert place.browser.post(f"{page}/prevenir", data={"raison": "we called"}).status_code == 303
    assert place.browser.post(path, data=said).status_code == 409
    with place.worker.db.transaction() as tx:
        aged = "UPDATE hub.delivery SET created_at = now() - interval '9 days' WHERE siret = :s"
        tx.execute(text(aged), {"s": siret})
        tx.execute(text("UPDATE hub.webhook SET warned_at = now() - interval '8 days' WHERE siret = :s"), {"s": siret})
    assert place.browser.post(path, data=said | {"raison": " "}).status_code == 422
    assert place.browser.post(path, data=said).status_code == 303
    assert "n&#39;est plus envoyée" in place.browser.get(page).text
    assert place.browser.post(path, data=said | {"comment": "envoyer"}).status_code == 303
    with place.worker.db.read() as tx:
        state = tx.execute(text("SELECT state FROM hub.delivery WHERE delivery_id = :n"), {"n": number}).scalar_one()
    assert state == "due"


def test_a_folder_that_was_set_aside_is_decided_at_the_console(place):
    number, now = uuid4(), datetime.now(UTC)
    row = {"binding": "hubee-made-up", "notification_id": number, "siret": CAISSE, "state": "aside", "why": "shape"}
    with place.worker.db.transaction() as tx:
        tx.execute(insert(FOLDER_IN).values(**row, case_id=uuid4(), lies=True, seen_at=now))
    agent(place, Role.VIEWER)
    page, path = place.browser.get("/ops/dossiers"), f"/ops/dossiers/hubee-made-up/{number}"
    assert (Page(page.text).problems, str(number) in page.text, path in page.text) == ([], True, False)
    agent(place, Role.OPERATOR)
    assert path in place.browser.get("/ops/dossiers").text
    said = {"comment": "abandonner", "raison": "they sent another one"}
    for wrong, status in (({"comment": "x"}, 422), ({"raison": " "}, 422), ({"comment": "reessayer"}, 409)):
        assert place.browser.post(path, data=said | wrong).status_code == status
    assert place.browser.post(path, data=said).status_code == 303
    assert place.browser.post(path, data=said).status_code == 409
    with place.worker.db.read() as tx:
        state = tx.execute(select(FOLDER_IN.c.state).where(FOLDER_IN.c.notification_id == number)).scalar_one()
    assert state == "giving_up"
    with place.door.custody.db.read() as tx:
        assert tx.execute(select(FOLDER_IN.c.state)).all() == []
