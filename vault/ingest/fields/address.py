"""A postal address on a paper: street over postcode and town, in a block or in running text, and whose it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.readings import Field
from vault.ingest.fields import shapes
from vault.ingest.fields.found import Found, Run, trimmed
from vault.ingest.fields.sheet import Segment, Sheet
from vault.ingest.folding import plain
from vault.ingest.words import Word

_WAY = (
    r"RUE|AVENUE|AV|BOULEVARD|BD|BLD|QUAI|PLACE|PL|ALLEE|ALLEES|IMPASSE|CHEMIN|PASSAGE|SQUARE|COURS|VILLA|FAUBOURG|"
    r"ROUTE|SENTE|SENTIER|CITE|RESIDENCE|HAMEAU|ESPLANADE|COUR|PROMENADE|MAIL"
)
_STREET = re.compile(rf"(?P<street>(?<![\w/])\d{{1,4}} ?(?:BIS|TER|QUATER|[A-D])?,? (?:{_WAY})\b[^0-9,;:]*)")
_TOWN_LINE = re.compile(
    r"(?<![\d.,])(?P<postcode>(?:0[1-9]|[1-8]\d|9[0-8])\d{3}) (?P<town>[A-Z][A-Z' \-]{1,40})(?: \d{1,2})?"
)
_BODY = re.compile(
    r"\b(?:SARL|SAS|SA|SCI|SIRET|RCS|TSA|CEDEX|BP|CS|SERVICE|MAIRIE|CAISSE|CENTRE|AGENCE|TRIBUNAL|ECOLE|MUTUELLE|"
    r"ASSURANCES?|CABINET|GESTION|FINANCES|IMPOTS|SYNDIC|MSA|CAF|TRAVAIL|BUREAU)\b"
)
_CIVIL = re.compile(r"^(?:M|MME|MLLE|MR|MONSIEUR|MADAME)\b\.?")
_TOWN_ENDS = frozenset({"CEDEX", "FRANCE", "ATTESTE", "CERTIFIE", "DECLARE", "DEPUIS", "ET", "EST", "TEL", "AU", "LE"})
_HEIGHTS_OF_BLOCK = 3
_WORDS_OF_ADDRESS = 16


@dataclass(frozen=True, slots=True)
class Address:
    """Street, postcode and town, and the line above them where it is a name."""

    street: Found | None
    postcode: Found
    town: Found | None
    name: Found | None = None
    points: int = 0

    def fields(self) -> dict[Field, Found | None]:
        """Return the parts as fields."""
        return {Field.STREET: self.street, Field.POSTCODE: self.postcode, Field.TOWN: self.town}


def of_holder(sheet: Sheet, *labels: str) -> Address | None:
    """Return the address the paper is made out to: one of ``labels`` over it, a person's name rather than a body's."""
    named = [label for text in labels for label in sheet.labels(text)]
    best: Address | None = None
    for segment in sheet.segments:
        address = _block(sheet, segment)
        if address is None:
            continue
        points = address.points
        for label in named:
            gap = segment.row - label.segment.row
            overlaps = label.box.left < segment.box.right and segment.box.left < label.box.right + 0.3
            if label.segment.page == segment.page and 0 <= gap <= _HEIGHTS_OF_BLOCK + 1 and overlaps:
                points += 4
                break
        if best is None or points > best.points:
            best = Address(address.street, address.postcode, address.town, address.name, points)
    return best


def said_in(sheet: Sheet, *labels: str) -> Address | None:
    """Return the address that follows one of ``labels`` in running text, or else the one the paper is made out to."""
    told = (in_run(words) for words in sheet.after(*labels, words=_WORDS_OF_ADDRESS))
    return next((address for address in told if address), None) or of_holder(sheet, *labels)


def in_run(words: Sequence[Word]) -> Address | None:
    """Return the first address of a running text (« demeurant 12 rue des Tilleuls, 75012 Paris »)."""
    run = Run(tuple(words))
    match = _TOWN_LINE.search(run.text)
    if match is None:
        return None
    streets = list(_STREET.finditer(run.text[: match.start()]))
    street = _street(run, streets[-1]) if streets else None
    return Address(street, _postcode(run, match), _town(run, match))


def _block(sheet: Sheet, segment: Segment) -> Address | None:
    run = Run(segment.words)
    match = _TOWN_LINE.search(run.text)
    if match is None:
        return None
    postcode, town = _postcode(run, match), _town(run, match)
    same_line = list(_STREET.finditer(run.text[: match.start()]))
    street = _street(run, same_line[-1]) if same_line else None
    above = [line for line, _ in zip(sheet.above(segment), range(_HEIGHTS_OF_BLOCK + 1), strict=False)]
    for index, line in enumerate(above):
        line_run = Run(line.words)
        found = _STREET.search(line_run.text)
        if street is None and found:
            street = _street(line_run, found)
            above = above[index + 1 :]
            break
    name, points = _name_over(above)
    points += 1 if street else -2
    points += 2 if segment.box.left > 0.45 and segment.box.top < 0.4 else 0
    points -= 3 if _BODY.search(run.text) or any(_BODY.search(Run(line.words).text) for line in above[:2]) else 0
    points -= 2 if segment.box.top > 0.88 else 0
    return Address(street, postcode, town, name, points)


def _name_over(above: Sequence[Segment]) -> tuple[Found | None, int]:
    for line in above:
        text = Run(line.words).text
        if _BODY.search(text) or text.rstrip().endswith(":"):
            continue
        found = shapes.name(line.words)
        if found is not None and len(plain(found.value).split()) >= 2:
            return found, 4 if _CIVIL.match(text) else 2
    return None, 0


def _street(run: Run, match: re.Match[str]) -> Found | None:
    words = run.group(match, "street")
    value = trimmed(words)
    return Found(value, words) if value else None


def _postcode(run: Run, match: re.Match[str]) -> Found:
    return Found(match["postcode"], run.group(match, "postcode"))


def _town(run: Run, match: re.Match[str]) -> Found | None:
    words: list[Word] = []
    for word in run.group(match, "town"):
        token = plain(word.text)
        if token in _TOWN_ENDS or any(letter.isdigit() for letter in token):
            break
        if words and word.box.top >= words[-1].box.bottom:
            break  # the next line speaks of something else
        words.append(word)
        if word.text.endswith((",", ".", ";")):
            break
    value = trimmed(words)
    return Found(value, tuple(words)) if value else None
