"""Papers that lie: each must come to something that is never a false « passed »."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.papers import SealAuthority, create_authority
from connectors.sandbox.papers.bill import BILL
from connectors.sandbox.papers.datamatrix import data_matrix
from connectors.sandbox.papers.tax_notice import TAX_NOTICE
from tests.assets.papers import civil, housing, taxes
from tests.assets.papers.case import Case
from tests.assets.papers.drawing import Paper
from tests.assets.papers.people import Home, Person

SEALED_ON = date(2026, 7, 1)
VICTIM = Person("Vasseur-Lenoir", "Inès", date(1988, 4, 2), female=True, birthplace="Lyon")
VICTIMS_HOME = Home("12 rue des Tilleuls", "75012", "Paris")


def stamped(pdf: bytes, code: bytes, *, left: float = 420, bottom: float = 60, side: float = 100) -> bytes:
    """Return ``pdf`` with a code pasted on its first page; lengths in points from the bottom left."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        picture = pypdfium2.PdfImage.new(document)
        picture.set_bitmap(pypdfium2.PdfBitmap.from_pil(data_matrix(code).convert("RGB")))
        picture.set_matrix(pypdfium2.PdfMatrix().scale(side, side).translate(left, bottom))
        page.insert_obj(picture)
        page.gen_content()
        out = BytesIO()
        document.save(out)
        return out.getvalue()


def bill_code(
    authority: SealAuthority, person: Person = VICTIM, home: Home = VICTIMS_HOME, *, on: date = SEALED_ON
) -> bytes:
    """Return the code of somebody's bill."""
    fields = {
        "10": f"MME/{person.family}/{person.first}",
        "22": home.street,
        "24": home.postcode,
        "25": home.town,
        "26": "FR",
    }
    return authority.seal(BILL, fields, issued_on=on)


def notice_code(authority: SealAuthority, person: Person, *, income: int, parts: str = "2") -> bytes:
    """Return the code of somebody's tax notice."""
    fields = {"43": parts, "44": "2675123456789", "45": str(taxes.YEAR), "46": f"{person.family} {person.first}",
              "4A": SEALED_ON.strftime("%d%m%Y"), "41": str(income), "4Y": "12 RUE DES TILLEULS 75012 PARIS"}  # fmt: skip
    return authority.seal(TAX_NOTICE, fields, issued_on=SEALED_ON)


def altered_income(authority: SealAuthority) -> bytes:
    """A notice whose printed income was lowered under a seal that holds."""
    case = Case.of(7)
    one = case.family.mother
    return stamped(taxes.notice(case, income=9_876).pdf, notice_code(authority, one, income=59_876))


def altered_digit(authority: SealAuthority) -> bytes:
    """The same with a single digit changed."""
    case = Case.of(8)
    return stamped(taxes.notice(case, income=21_400).pdf, notice_code(authority, case.family.mother, income=24_400))


def pasted_on_a_strangers_bill(authority: SealAuthority) -> bytes:
    """A bill of one family with the seal of another's."""
    return stamped(housing.electricity(Case.of(9), sealed=False).pdf, bill_code(authority))


def pasted_on_another_kind(authority: SealAuthority) -> bytes:
    """A person's own tax notice with the seal of the same person's bill at the same address."""
    case = Case.of(10)
    case = replace(case, family=replace(case.family, mother=VICTIM, home=VICTIMS_HOME))
    return stamped(taxes.notice(case, one=VICTIM).pdf, bill_code(authority))


def sealed_by_a_stranger(folder: Path) -> bytes:
    """A bill sealed under the test authority's name by somebody else's key."""
    forger = create_authority(folder / "forger")
    return stamped(_own_bill(), bill_code(forger))


def with_two_codes(authority: SealAuthority) -> bytes:
    """A bill with a second seal, which holds and says something else."""
    other = Person("Vasseur-Lenoir", "Zoé", VICTIM.born, female=True, birthplace="Lyon")
    return stamped(stamped(_own_bill(), bill_code(authority)), bill_code(authority, other), left=60)


def sealed_in_the_future(authority: SealAuthority) -> bytes:
    """A bill whose seal is of next year."""
    return stamped(_own_bill(), bill_code(authority, on=date(2027, 3, 1)))


def hidden_text(authority: SealAuthority) -> bytes:
    """A stranger's bill with the sealed words in white on white, for machines."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setFillGray(1)
    canvas.drawString(60, 400, f"{VICTIM.capital} {VICTIMS_HOME.street} {VICTIMS_HOME.postcode} {VICTIMS_HOME.town}")
    canvas.setFillGray(0)
    for row, text in enumerate(
        (
            "Facture d'électricité",
            "Titulaire du contrat : M. Loïc ORME",
            "3 quai aux Herbes",
            "75019 PARIS",
            "Montant TTC 80,00 €",
        )
    ):
        canvas.drawString(60, 760 - row * 20, text)
    canvas.save()
    return stamped(out.getvalue(), bill_code(authority))


LIES: Mapping[str, Callable[[SealAuthority], bytes]] = {
    "altered income": altered_income,
    "altered digit": altered_digit,
    "pasted on a stranger's bill": pasted_on_a_strangers_bill,
    "pasted on another kind": pasted_on_another_kind,
    "two codes": with_two_codes,
    "sealed in the future": sealed_in_the_future,
    "hidden text": hidden_text,
}
"""Each with the seal of the one authority."""


def twins(seed: int = 21) -> tuple[Paper, Paper]:
    """The birth certificates of twins, who differ by two letters of one given name."""
    case = Case.of(seed)
    one, other = (replace(case.family.children[0], given=given) for given in ("Léana", "Léane"))
    pair = (replace(case, family=replace(case.family, children=(child, child))) for child in (one, other))
    return tuple(civil.labelled(each) for each in pair)  # type: ignore[return-value]  # two of them, as the pair has


def blank() -> bytes:
    """A page with nothing on it but a shadow and a stain."""
    page = Image.new("L", (1654, 2339), 235)
    ImageDraw.Draw(page).ellipse((300, 400, 330, 425), fill=180)
    out = BytesIO()
    page.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _own_bill() -> bytes:
    case = Case.of(11)
    return housing.electricity(case, holder=VICTIM, home=VICTIMS_HOME, sealed=False).pdf
