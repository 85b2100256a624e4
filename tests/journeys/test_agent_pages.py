"""An agent in a browser, with the keyboard alone, with and without JavaScript: find, take, look, decide."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.journeys.agents import BRUNO, CLAIRE, ODILE, PAUL, UNSURE, Agent, family_in_doubt
from tests.journeys.doors import rows
from tests.system import System
from tests.unit.hub.web.pages_read import Page as Read

HTML = {"accept": "text/html"}
NARROWEST = ViewportSize(width=320, height=568)


def test_every_page_of_the_agents_is_one_everybody_can_use(running):
    _, review = family_in_doubt(running)
    claire = Agent(running, CLAIRE)
    welcome = claire.http.get("/agents", headers=HTML).text
    claire.sign_in()
    short = claire.http.get(f"/agents/dossiers/{review}", headers=HTML).text
    claire.claim(review)
    whole = claire.http.get(f"/agents/dossiers/{review}", headers=HTML).text
    queue = claire.http.get("/agents", headers=HTML).text
    mine = claire.http.get("/agents?mine=oui", headers=HTML).text
    wrong = claire.http.post(f"/agents/dossiers/{review}/decider", headers=HTML, data={"reason": ""})
    assert wrong.status_code == 422
    for html in (welcome, short, whole, queue, mine, wrong.text):
        assert Read(html).problems == []
    assert "Pris par vous" in mine


def test_whom_a_review_is_about_is_shown_once_it_is_taken_only(running):
    parent, review = family_in_doubt(running)
    claire = Agent(running, CLAIRE).sign_in()
    path = f"/agents/dossiers/{review}"
    assert parent.family_name.upper() not in claire.http.get(path, headers=HTML).text
    claire.claim(review)
    assert parent.family_name.upper() in claire.http.get(path, headers=HTML).text


def test_the_values_read_are_a_page_at_the_door_that_opens(running):
    _, review = family_in_doubt(running)
    claire = Agent(running, CLAIRE).sign_in()
    claire.claim(review)
    shown = claire.http.post(f"/agents/dossiers/{review}/voir", data={"shown": "values"}, headers=HTML)
    assert shown.url.path.startswith("/looks/values/")
    page = Read(shown.text)
    assert "75013" in page.text
    assert "page 1, en " in page.text
    assert page.named("svg")


def test_a_colleagues_note_is_a_page_at_the_door_that_opens(running):
    _, review = family_in_doubt(running)
    claire, bruno = (Agent(running, one).sign_in() for one in (CLAIRE, BRUNO))
    claire.decide(review, UNSURE | {"note": "le bas de page manque"})
    bruno.claim(review)
    page = Read(bruno.http.get(f"/agents/dossiers/{review}", headers=HTML).text)
    assert "Lire les notes" in page.text
    assert "le bas de page manque" not in page.text
    shown = bruno.http.post(f"/agents/dossiers/{review}/voir", data={"shown": "notes"}, headers=HTML)
    assert shown.url.path.startswith("/looks/notes/")
    assert shown.headers["cache-control"] == "no-store"
    assert "le bas de page manque" in Read(shown.text).text


def test_a_seal_nobody_here_can_read_is_said_in_words(running):
    _, review = family_in_doubt(running)
    # As reading writes it of a paper whose only seal is a binary code.
    found = """INSERT INTO vault.finding (document_id, step, outcome, reason, rule_version, decided_at)
               SELECT document_id, 'seal', 'inconclusive', 'binary', 'intrinsic/1', now()
               FROM hub.review WHERE review_id = %(review)s"""
    rows(running, found, review=review)
    claire = Agent(running, CLAIRE).sign_in()
    claire.claim(review)
    page = Read(claire.http.get(f"/agents/dossiers/{review}", headers=HTML).text)
    assert "2D-Doc au format binaire" in page.text
    assert page.problems == []


def test_an_agent_without_a_role_reads_why_in_words(running):
    answer = Agent(running, PAUL).http.get(
        "/sign-in/proconnect", params={"login_hint": PAUL, "return_to": "/agents"}, headers=HTML
    )
    assert answer.status_code == 403
    assert "Votre compte n'a pas encore d'accès ici" in Read(answer.text).text


def test_an_operator_sees_figures_and_no_review(running):
    family_in_doubt(running)
    odile = Agent(running, ODILE).sign_in()
    page = Read(odile.http.get("/agents", headers=HTML).text)
    assert "Ouvrir" not in page.text


def test_another_sites_page_cannot_decide_for_an_agent(running):
    _, review = family_in_doubt(running)
    claire = Agent(running, CLAIRE).sign_in()
    for path in (f"/agents/dossiers/{review}/prendre", f"/hub/v1/reviews/{review}/claim", "/agents/sign-out"):
        answer = claire.http.post(path, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    assert claire.http.get("/hub/v1/reviews").status_code == 200


def test_signing_out_ends_the_agents_session_also_for_a_copied_cookie(running):
    claire = Agent(running, CLAIRE).sign_in()
    copied = next(cookie.value for cookie in claire.http.cookies.jar if cookie.name == "unefois_agent")
    claire.http.post("/agents/sign-out", follow_redirects=False)
    other = Agent(running, CLAIRE)
    other.http.cookies.set("unefois_agent", copied)
    assert other.http.get("/hub/v1/reviews").status_code == 401


# In a browser, last in this module: Playwright keeps an event loop in this thread, and minting a paper runs its own.


@pytest.fixture(scope="module")
def doubt(running):
    """Reviews made before the browser begins: minting a paper runs an event loop of its own."""
    return [family_in_doubt(running) for _ in range(2)]


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, doubt, browser: Browser, running: System) -> Iterator[Page]:
    context = browser.new_context(
        base_url=running.door_url, viewport=NARROWEST, locale="fr-FR", java_script_enabled=request.param
    )
    found = context.new_page()
    wrong: list[str] = []
    found.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield found
    context.close()
    assert wrong == []


def press(page: Page, name: str, role: str = "button") -> None:
    """Reach a control by the tabulator and use it, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by the tabulator: {name}")


def choose(page: Page, label: str) -> None:
    """Reach a radio button by the tabulator and the arrows."""
    wanted = page.get_by_label(label)
    for _ in range(40):
        if wanted.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Space")
            return
        group = page.evaluate("document.activeElement.type === 'radio'")
        page.keyboard.press("ArrowDown" if group else "Tab")
    raise AssertionError(f"not reached: {label}")


def test_with_the_keyboard_alone_an_agent_takes_and_decides(page, doubt, request):
    _, review = doubt[0 if "no script" not in request.node.name else 1]
    page.goto("/agents")
    press(page, "Se connecter avec ProConnect", "link")
    press(page, "Claire Fontanel")
    expect(page.get_by_role("heading", level=1)).to_have_text("File d'attente")
    page.goto(f"/agents/dossiers/{review}")
    press(page, "Prendre ce dossier")
    expect(page.get_by_role("heading", name="Le document", exact=True)).to_be_visible()
    press(page, "Enregistrer ma décision")
    expect(page.get_by_role("alert")).to_contain_text("Choisissez votre conclusion.")
    choose(page, "Le document est au nom d'une autre personne")
    press(page, "Enregistrer ma décision")
    expect(page.get_by_role("status")).to_contain_text("Votre décision est enregistrée.")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]
