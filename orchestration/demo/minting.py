"""Papers of the sandbox's mother, minted into files, for whoever wants to hand them in by hand."""

from datetime import date
from pathlib import Path

from contracts.calendar import paris_day
from orchestration.demo.casting import bill_of, birth_certificate_of, tax_notice_of
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from vault.bootstrap import utc_now


def mint(layout: Layout, folder: Path) -> list[Path]:
    """Write a birth certificate, a bill and a tax notice into ``folder``; return their paths.

    They are sealed by the test authorities of this state folder and mean something to no other.
    """
    places = Places.recorded(layout)
    folder.mkdir(parents=True, exist_ok=True)
    today: date = paris_day(utc_now())
    papers = {
        "acte-de-naissance.pdf": birth_certificate_of(places, today),
        "facture.pdf": bill_of(places, today),
        "avis-impot.jpg": tax_notice_of(places, today),
    }
    for name, content in papers.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in papers]
