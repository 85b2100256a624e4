"""Civil status: birth and death certificates, livret de famille. A value somebody is attached by is exact or missing."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from contracts.readings import Field
from vault.ingest.fields import shapes
from vault.ingest.fields.found import Found, Run, Values
from vault.ingest.fields.names import is_capital, parted
from vault.ingest.fields.shapes import Shape
from vault.ingest.fields.sheet import Label, Sheet
from vault.ingest.fields.wanted import Wanted, one, take
from vault.ingest.folding import plain
from vault.ingest.words import Word

CHILD: Final = (Field.CHILD_FAMILY_NAME, Field.CHILD_FIRST_NAMES, Field.CHILD_BORN_ON, Field.CHILD_BIRTHPLACE)
"""What a birth certificate must say, all of it, to say anything."""

_LABELLED: Final[dict[Field, tuple[Shape, tuple[str, ...]]]] = {
    Field.CHILD_FAMILY_NAME: (shapes.text, ("Nom de l'enfant :",)),
    Field.CHILD_FIRST_NAMES: (shapes.text, ("Prénom(s) de l'enfant :",)),
    Field.CHILD_BORN_ON: (shapes.day, ("Date de naissance :",)),
    Field.CHILD_BIRTHPLACE: (shapes.text, ("Lieu de naissance :",)),
    Field.PARENT_1_FAMILY_NAME: (shapes.text, ("Nom du parent 1 :",)),
    Field.PARENT_1_FIRST_NAMES: (shapes.text, ("Prénom(s) du parent 1 :",)),
    Field.PARENT_2_FAMILY_NAME: (shapes.text, ("Nom du parent 2 :",)),
    Field.PARENT_2_FIRST_NAMES: (shapes.text, ("Prénom(s) du parent 2 :",)),
}
_ISSUED = (
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        ("Délivré le", "Délivrée le", "délivré à", "délivrée à", "Copie délivrée le", "Fait à", "conforme, le"),
        running=True,
    ),
)
_FAMILY, _GIVEN = (
    ("NOM :", "Nom de famille", "Nom :", "NOM", "Nom"),
    ("Prénom(s) :", "Prénoms :", "Prénoms", "Prénom(s)"),
)
_BORN, _AT = ("Né(e) le", "Née le", "Né le", "Date de naissance"), ("Lieu de naissance", "à :", "à")
_PARENTS_1 = ("Époux ou père", "Père ou parent", "Parent 1", "Père", "Époux")
_PARENTS_2 = ("Épouse ou mère", "Mère ou parent", "Parent 2", "Mère", "Épouse")
_ORDINALS = ("Premier enfant", "Deuxième enfant", "Troisième enfant", "Quatrième enfant")
_WHEN = re.compile(r"\bLE (?P<when>.{8,90}?),? (?:A .{3,50}?,? )?EST (?:NEE?|NE\(E\)|DECEDEE?)\b")
_SEX = re.compile(r",? D[UE] SEXE (?:FEMININ|MASCULIN)")
_FILIATION = re.compile(
    r"(?:FILS|FILLE|ENFANT)? ?(?:DE|D') ?(?P<one>.{4,80}?),? NEE? (?:LE|A|EN)\b(?P<rest>.*?)\bET (?:DE|D') ?(?P<two>.{4,80}?),? NEE? (?:LE|A|EN)\b"
)
_COMMUNE = re.compile(
    r"(?:COMMUNE DE|VILLE DE|MAIRIE DE) (?P<town>[A-Z][A-Z' \-]{2,40}?)(?= (?:ACTE|DEPARTEMENT|EXTRAIT|COPIE|ETAT|ANNEE|\()|[.,:]|$)"
)
_WIDE_NAME = 10


def birth_certificate(sheet: Sheet) -> Values:
    """Return the child and the parents as the certificate names them; nothing where the child is not wholly named.

    A label given twice names two children, or is somebody's attempt: no value is taken then.
    """
    for attempt in (_labelled, _extract, _narrative):
        values = attempt(sheet)
        if values is None:
            return {}
        if all(values.get(field) for field in CHILD):
            return {**values, **take(sheet, _ISSUED)}
    return {}


def death_certificate(sheet: Sheet) -> Values:
    """Return who died, and when."""
    values: dict[Field, Found | None] = dict(take(sheet, _ISSUED))
    told = _narrated(sheet)
    if told is not None:
        named, when = told
        values |= {Field.HOLDER_FAMILY_NAME: named[0], Field.HOLDER_FIRST_NAMES: named[1], Field.DIED_ON: when}
    else:
        values |= {
            Field.HOLDER_FAMILY_NAME: one(sheet, shapes.name, *_FAMILY),
            Field.HOLDER_FIRST_NAMES: one(sheet, shapes.given_names, *_GIVEN),
            Field.DIED_ON: one(sheet, shapes.day, "Décédé(e) le", "Décédée le", "Décédé le", "Date du décès"),
        }
    values[Field.HOLDER_BORN_ON] = one(
        sheet, shapes.day, "Né(e) le", "née le", "né le", "Date de naissance", running=True
    )
    return values


def family_record_book(sheet: Sheet) -> Values:
    """Return the parents, and the children whose page is there."""
    firsts, seconds, children = (_headings(sheet, texts) for texts in (_PARENTS_1, _PARENTS_2, _ORDINALS))
    headings = [*firsts, *seconds, *children]
    values: dict[Field, Found | None] = {}
    for found, family, given in (
        (firsts, Field.PARENT_1_FAMILY_NAME, Field.PARENT_1_FIRST_NAMES),
        (seconds, Field.PARENT_2_FAMILY_NAME, Field.PARENT_2_FIRST_NAMES),
    ):
        if found:
            block = sheet.block(found[0], headings)
            values[family], values[given] = one(block, shapes.name, *_FAMILY), one(block, shapes.given_names, *_GIVEN)
    told = list(_children(sheet, children, headings))
    if told:
        words = tuple(word for child in told for word in child.words)
        values[Field.CHILDREN] = Found("|".join(child.value for child in told), words)
    return values


def _children(sheet: Sheet, ordinals: Sequence[Label], headings: Sequence[Label]) -> Iterator[Found]:
    for ordinal in ordinals:
        block = sheet.block(ordinal, headings)
        family, given = one(block, shapes.name, *_FAMILY), one(block, shapes.given_names, *_GIVEN)
        born = one(block, shapes.day, *_BORN)
        if family and given and born:
            yield Found(f"{family.value}/{given.value}/{born.value}", (*family.words, *given.words, *born.words))


def _headings(sheet: Sheet, texts: Sequence[str]) -> list[Label]:
    """Return the lines that begin with one of ``texts``."""
    return [label for label in sheet.labels(*texts) if label.start == 0]


def _labelled(sheet: Sheet) -> dict[Field, Found | None] | None:
    """Return what an extract says that names each value in full; nothing at all where a label stands twice."""
    values: dict[Field, Found | None] = {}
    for field, (shape, labels) in _LABELLED.items():
        found = [label for label in sheet.labels(*labels) if label.start == 0]
        if len(found) > 1:
            return None if field in CHILD or "parent" in field else {}
        if found:
            rest = found[0].segment.words[found[0].end :]
            values[field] = shape([word for word in rest if plain(word.text)])
    return values


def _extract(sheet: Sheet) -> dict[Field, Found | None] | None:
    """Return what the official extract says: the child, then a block for each parent."""
    first, second = (next(iter(_headings(sheet, texts)), None) for texts in (_PARENTS_1, _PARENTS_2))
    headings = [heading for heading in (first, second) if heading]
    top = min((heading.box.top for heading in headings), default=2.0)
    page = headings[0].segment.page if headings else 0
    child = Sheet(tuple(w for w in sheet.words if w.page < page or (w.page == page and w.box.bottom <= top + 0.004)))
    values: dict[Field, Found | None] = {
        Field.CHILD_FAMILY_NAME: one(child, shapes.name, *_FAMILY),
        Field.CHILD_FIRST_NAMES: one(child, shapes.given_names, *_GIVEN),
        Field.CHILD_BORN_ON: one(child, shapes.day, *_BORN),
        Field.CHILD_BIRTHPLACE: one(child, shapes.town, "Lieu de naissance", "à :") or _place_after(child),
    }
    for heading, family, given in (
        (first, Field.PARENT_1_FAMILY_NAME, Field.PARENT_1_FIRST_NAMES),
        (second, Field.PARENT_2_FAMILY_NAME, Field.PARENT_2_FIRST_NAMES),
    ):
        if heading:
            block = sheet.block(heading, headings)
            values[family], values[given] = one(block, shapes.name, *_FAMILY), one(block, shapes.given_names, *_GIVEN)
    return values


def _place_after(sheet: Sheet) -> Found | None:
    """Return the town of « Né(e) le 12 mars 2018 à Paris »."""
    for words in sheet.after(*_BORN, words=_WIDE_NAME):
        run = Run(words)
        match = re.search(r"\d{4},? A (?P<town>[A-Z][A-Z'() \-]{2,40})", run.text)
        if match:
            return shapes.town(run.group(match, "town"))
    return None


def _narrative(sheet: Sheet) -> dict[Field, Found | None] | None:
    """Return what a full copy tells in sentences, where the family name stands in capitals after the given names."""
    told = _narrated(sheet)
    if told is None:
        return {}
    (family, given), born = told
    run = Run(sheet.words)
    commune = _COMMUNE.search(run.text)
    values: dict[Field, Found | None] = {
        Field.CHILD_FAMILY_NAME: family,
        Field.CHILD_FIRST_NAMES: given,
        Field.CHILD_BORN_ON: born,
        Field.CHILD_BIRTHPLACE: shapes.town(run.group(commune, "town")) if commune else None,
    }
    sex = _SEX.search(run.text)
    filiation = _FILIATION.search(run.text, sex.end()) if sex else None
    if filiation:
        for group, family_field, given_field in (
            ("one", Field.PARENT_1_FAMILY_NAME, Field.PARENT_1_FIRST_NAMES),
            ("two", Field.PARENT_2_FAMILY_NAME, Field.PARENT_2_FIRST_NAMES),
        ):
            named = parted(run.group(filiation, group))
            if named:
                values[family_field], values[given_field] = named
    return values


def _narrated(sheet: Sheet) -> tuple[tuple[Found, Found], Found] | None:
    """Return the person a certificate tells of, and the day: « Le … est né … : Lina, Rose MARTIN, du sexe féminin »."""
    run = Run(sheet.words)
    when = _WHEN.search(run.text)
    if when is None:
        return None
    day = shapes.day(run.group(when, "when"))
    following = run.words_in(when.end(), min(when.end() + 320, len(run.text)))
    named = parted(_after_colon(following))
    return (named, day) if named and day else None


def _after_colon(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words of a name after the first colon, up to where a name ends."""
    start = next((at for at, word in enumerate(words) if word.text.endswith(":")), None)
    if start is None:
        return ()
    name: list[Word] = []
    for word in words[start + 1 : start + 1 + _WIDE_NAME]:
        if plain(word.text) in {"DU", "DE", "NE", "NEE"} and name and is_capital(name[-1]):
            break
        name.append(word)
        if is_capital(word) and word.text.endswith(","):
            break
    return tuple(name)
