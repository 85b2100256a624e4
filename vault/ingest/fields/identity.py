"""Identity papers: card, passport, residence permit; the machine-readable lines first, the printed names for accents."""

from contracts.readings import Field
from vault.ingest.fields import mrz, shapes
from vault.ingest.fields.found import Found, Values
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, take
from vault.ingest.folding import plain

_WANTED = (
    Wanted(
        Field.HOLDER_FAMILY_NAME,
        shapes.name,
        ("NOM / Surname", "Nom/Surname", "1. Nom / Surname", "Nom de naissance", "Nom :", "NOM Surname", "Surname"),
    ),
    Wanted(
        Field.HOLDER_USAGE_NAME,
        shapes.name,
        (
            "Nom d'usage / Alternate name",
            "NOM D'USAGE / Alternate name",
            "Nom d'usage :",
            "Nom d'usage",
            "Alternate name",
            "Époux :",
            "Épouse :",
        ),
    ),
    Wanted(
        Field.HOLDER_FIRST_NAMES,
        shapes.given_names,
        (
            "Prénoms / Given names",
            "Prénom(s) / Given names",
            "Prénoms Given names",
            "2. Prénoms / Given names",
            "Prénom(s) :",
            "Prénoms :",
            "Given names",
            "Prénoms",
        ),
    ),
    Wanted(
        Field.HOLDER_BORN_ON,
        shapes.day,
        (
            "Date de naissance / Date of birth",
            "Date de naiss. / Date of birth",
            "Date of birth",
            "Date de naissance",
            "Né(e) le :",
            "Né(e) le",
            "Née le",
            "Né le",
        ),
    ),
    Wanted(
        Field.VALID_UNTIL,
        shapes.day,
        (
            "Date d'expiration / Date of expiry",
            "Date d'expir. / Expiry date",
            "Date of expiry",
            "Expiry date",
            "Date d'expiration",
            "valable jusqu'au :",
            "valable jusqu'au",
            "Valable jusqu'au",
            "Card validity",
        ),
    ),
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        (
            "Date de délivrance / Date of issue",
            "Date of issue",
            "Date de délivrance",
            "délivrée le :",
            "délivrée le",
            "Délivré le",
        ),
    ),
)


def identity_paper(sheet: Sheet) -> Values:
    """Return who the holder is and until when the paper holds; neither its number nor a nationality."""
    printed: dict[Field, Found | None] = dict(take(sheet, _WANTED))
    machine = mrz.read(sheet.segments)
    if machine is None:
        return _with_holder(printed)
    coded = {
        Field.HOLDER_FAMILY_NAME: machine.family_name,
        Field.HOLDER_FIRST_NAMES: machine.first_names,
        Field.HOLDER_BORN_ON: machine.born_on.isoformat() if machine.born_on else "",
        Field.VALID_UNTIL: machine.valid_until.isoformat() if machine.valid_until else "",
    }
    for field, value in coded.items():
        seen = printed.get(field)
        if value and not (seen and _says_the_same(seen.value, value)):
            printed[field] = Found(value, machine.words, checked=True)
        elif value and seen:
            printed[field] = Found(seen.value, seen.words, checked=True)
    return _with_holder(printed)


def _says_the_same(printed: str, coded: str) -> bool:
    """Tell whether a printed value is the one of the machine-readable lines, which cut long names short."""
    shown, lines = plain(printed).replace(" ", ""), plain(coded).replace(" ", "")
    return shown == lines or (len(lines) >= 12 and shown.startswith(lines))


def _with_holder(values: dict[Field, Found | None]) -> Values:
    family, given = values.get(Field.HOLDER_FAMILY_NAME), values.get(Field.HOLDER_FIRST_NAMES)
    if family and given:
        words = (*given.words, *(word for word in family.words if word not in given.words))
        values[Field.HOLDER_NAME] = Found(f"{given.value} {family.value}", words)
    return values
