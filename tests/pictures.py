"""Pictures of the console and of the asset graph for the guide, of a running demo: ``python -m tests.pictures [STATE]``."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from orchestration.stack.layout import Layout
from orchestration.stack.places import Places

FOLDER = Path(__file__).parents[1] / "docs" / "images"
PAGES = {
    "console-bindings": ("/ops", "main h1"),
    "console-exchanges": ("/ops/echanges", "main table"),
    "console-waiting": ("/ops/en-attente", "main h1"),
    "pipelines-assets": ("/ops/dagster/locations/unefois/asset-groups/bindings", "text=caisse_hand_over"),
}
"""Address of each page, and what is there once it shows."""
SIGN_IN = "/sign-in/proconnect?login_hint=sarah-agent&return_to=/ops"


def main() -> None:
    """Sign in as the City's operator and write one picture a page into ``docs/images``."""
    state = Path(sys.argv[1] if len(sys.argv) > 1 else ".unefois")
    door = Places.recorded(Layout(state)).url("door")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(door + SIGN_IN)
        for name, (path, shown) in PAGES.items():
            _take(page, door + path, shown, FOLDER / f"{name}.png")
        browser.close()


def _take(page: Page, address: str, shown: str, file: Path) -> None:
    page.goto(address)
    page.locator(shown).first.wait_for(timeout=60_000)
    # The graph is laid out by a process of its own, and its pages never stop asking.
    page.wait_for_timeout(3000)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
