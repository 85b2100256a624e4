"""A parent in a browser, with and without JavaScript: sign in, hand in, ask, see the file settle, erase, sign out."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.journeys.test_channels import code_for
from tests.system import Resident, System

PHONE = ViewportSize(width=360, height=740)
NARROWEST = ViewportSize(width=320, height=568)
PAGES = ("/", "/deposer", "/documents", "/enfants", "/demandes", "/demandes/nouvelle", "/acces", "/demenagement")
REACH_PAGES = ("/me-joindre", *(f"/me-joindre/{one}" for one in ("sms", "courriel", "courrier", "code")), "/courrier")
EVENT_PAGES = ("/evenements", *(f"/evenements/{one}" for one in ("naissance", "separation", "perte-emploi", "deces")))
READ_WITHIN_MS = 20_000


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser, running: System) -> Iterator[Page]:
    """A telephone's browser; what the content policy refuses or a script throws fails the test."""
    context = browser.new_context(
        base_url=running.door_url, viewport=PHONE, locale="fr-FR", java_script_enabled=request.param
    )
    found = context.new_page()
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield found
    context.close()
    assert wrong == []


def minted(mint: Callable[[], bytes]) -> bytes:
    """Mint a paper in a thread of its own: signing it runs an event loop, and this thread has Playwright's."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(mint).result()


def certificate(running: System, parent: Resident) -> bytes:
    """A sealed birth certificate of a child of ``parent``."""
    return minted(lambda: running.papers().birth_certificate(parent, parent.child()))


def bill(running: System, parent: Resident) -> bytes:
    """A sealed residence bill of ``parent``."""
    return minted(lambda: running.papers().bill(parent))


def enter(page: Page, parent: Resident) -> None:
    """Sign in by the button of the home page, and become ``parent`` at the sandbox."""
    page.goto("/")
    page.get_by_role("link", name="Se connecter avec FranceConnect").click()
    page.locator(f"button[value='{parent.persona}']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes enfants et leurs dossiers")


def hand_in(page: Page, content: bytes, kind: str) -> None:
    """Hand in a PDF by the form, and wait until it is read."""
    page.goto("/deposer")
    page.get_by_label("Quel est ce document ?").select_option(label=kind)
    page.get_by_label("Votre fichier ou votre photo").set_input_files(
        {"name": "pièce (1).pdf", "mimeType": "application/pdf", "buffer": content}
    )
    page.get_by_role("button", name="Envoyer le document").click()
    page.wait_for_url("**/recus/*")
    until_shown(page, "Disponible")


def until_shown(page: Page, words: str) -> None:
    """Look at the page again until it says ``words``, as somebody without JavaScript does."""
    for _ in range(READ_WITHIN_MS // 500):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(words)


def ask(page: Page, service: str, body: str) -> None:
    """Ask for a service through its pages, allowing reuse."""
    page.goto("/demandes/nouvelle")
    page.get_by_label("Pour quelle année scolaire ?").select_option(index=1)
    page.get_by_label("Que demandez-vous ?").select_option(label=service)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Quel service étudie votre demande ?").select_option(label=body)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Je déclare sur l'honneur").check()
    page.get_by_label("J'autorise ce service").check()
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Accusé de réception de votre demande")


def test_a_parent_hands_in_once_and_sees_the_file_settle(page: Page, running: System) -> None:
    parent = Resident(running).sign_in()
    enter(page, parent)
    hand_in(page, certificate(running, parent), "Acte de naissance")
    ask(page, "Inscription à l'école", "Mairie du 13e arrondissement, affaires scolaires")
    ask(page, "Inscription à la cantine", "Caisse des écoles du 13e arrondissement")
    page.goto("/")
    expect(page.get_by_text("Un de ces documents suffit :").first).to_be_visible()
    hand_in(page, bill(running, parent), "Justificatif de domicile")
    page.goto("/")
    until_shown(page, "C'est fait")
    until_shown(page, "Justificatif de domicile, avec un cachet électronique authentique.")
    expect(page.get_by_text("À fournir")).to_have_count(0)


def test_a_paper_is_seen_then_erased_and_the_trace_tells_both(page: Page, running: System) -> None:
    parent = Resident(running).sign_in()
    enter(page, parent)
    hand_in(page, bill(running, parent), "Justificatif de domicile")
    page.goto("/documents")
    with page.context.expect_event("response", lambda answer: "/previews/" in answer.url) as seen:
        page.get_by_role("button", name="Voir").click()
        page.wait_for_url("**/previews/*", wait_until="commit")
    assert seen.value.status == 200
    page.goto("/documents")
    page.get_by_role("link", name="Effacer").click()
    page.get_by_role("button", name="Effacer définitivement").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre document ne sert plus à rien et nous l'effaçons")
    page.goto("/documents")
    until_shown(page, ": effacé.")
    page.goto("/acces")
    for words in ("Vous avez consulté votre document", "Retrait d'un document", "Dépôt d'un document"):
        expect(page.get_by_text(words).first).to_be_visible()


def test_the_same_paper_again_says_that_it_is_reused(page: Page, running: System) -> None:
    parent = Resident(running).sign_in()
    enter(page, parent)
    paper = bill(running, parent)
    hand_in(page, paper, "Justificatif de domicile")
    hand_in(page, paper, "Justificatif de domicile")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nous avons déjà ce document")


def test_a_refused_file_says_why(page: Page, running: System) -> None:
    enter(page, Resident(running).sign_in())
    page.goto("/deposer")
    page.get_by_label("Votre fichier ou votre photo").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"no such thing"}
    )
    page.get_by_role("button", name="Envoyer le document").click()
    alert = page.get_by_role("alert").filter(visible=True)
    expect(alert).to_contain_text("Nous acceptons les PDF et les photos JPEG, PNG ou HEIC.")
    expect(alert).to_contain_text("Numéro à donner si vous nous appelez")


def test_a_lost_job_is_declared_once_with_what_it_changes_told_before(page: Page, running: System) -> None:
    parent = Resident(running).sign_in()
    enter(page, parent)
    hand_in(page, certificate(running, parent), "Acte de naissance")
    ask(page, "Tarif de la cantine", "Caisse des écoles du 13e arrondissement")
    page.goto("/")
    page.get_by_role("link", name="Un changement dans la famille").click()
    page.get_by_role("link", name="Perte d'emploi").click()
    told = page.get_by_role("region", name="Ce qui change")
    expect(told).to_contain_text("Tarif de la cantine")
    expect(told).to_contain_text("Attestation de France Travail")
    day = date.today()
    for name, value in (("Jour", day.day), ("Mois", day.month), ("Année", day.year)):
        page.get_by_label(name, exact=True).fill(str(value))
    page.get_by_role("button", name="Confirmer ma déclaration").click()
    expect(page.get_by_role("alert")).to_contain_text("Cochez cette case")
    page.get_by_label("Je déclare sur l'honneur").check()
    page.get_by_role("button", name="Confirmer ma déclaration").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre déclaration est enregistrée")
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    page.goto("/acces")
    expect(page.get_by_text("Vous avez déclaré une perte d'emploi").first).to_be_visible()


def test_a_parent_chooses_text_messages_and_proves_the_number(page: Page, running: System) -> None:
    enter(page, Resident(running).sign_in())
    page.get_by_role("link", name="Me joindre").click()
    page.get_by_label("Par SMS").check()
    page.get_by_role("button", name="Continuer").click()
    number = f"+33639983{secrets.randbelow(1000):03d}"
    page.get_by_label("Numéro de portable").fill(number.replace("+33", "0"))
    page.get_by_role("button", name="Envoyer le code").click()
    page.get_by_label("Code à 6 chiffres").fill(code_for(running, number))
    page.get_by_role("button", name="Confirmer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("C'est noté")
    expect(page.get_by_role("main")).to_contain_text(f"par SMS, au numéro qui finit par {number[-2:]}")


def test_every_page_fits_the_narrowest_screen(page: Page, running: System) -> None:
    parent = Resident(running).sign_in()
    enter(page, parent)
    hand_in(page, certificate(running, parent), "Acte de naissance")
    page.set_viewport_size(NARROWEST)
    for path in (*PAGES, *EVENT_PAGES, *REACH_PAGES):
        page.goto(path)
        picture = page.screenshot(full_page=True)
        # The width in the header of a PNG (PNG 11.2.2): a page wider than the screen makes a wider picture.
        assert int.from_bytes(picture[16:20]) == NARROWEST["width"]
        assert page.locator("h1").count() == 1


def test_signing_out_ends_at_the_home_page(page: Page, running: System) -> None:
    enter(page, Resident(running).sign_in())
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("link", name="Se connecter avec FranceConnect")).to_be_visible()
    page.goto("/documents")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connectez-vous pour continuer.")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(page: Page, running: System) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
