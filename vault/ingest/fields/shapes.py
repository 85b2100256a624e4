"""What values look like: dates, amounts, parts, names, months, school years; what does not look it is not a value."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from rapidfuzz.distance import Levenshtein

from vault.ingest.fields.found import Found, Run, trimmed
from vault.ingest.fields.numerals import number_of
from vault.ingest.folding import plain
from vault.ingest.words import Word

Shape = Callable[[Sequence[Word]], Found | None]
"""Takes the words where a value may stand; gives the value in its form, or nothing."""

MONTHS: Final = (
    "JANVIER", "FEVRIER", "MARS", "AVRIL", "MAI", "JUIN",
    "JUILLET", "AOUT", "SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DECEMBRE",
)  # fmt: skip
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
MAX_NAME_WORDS, MAX_TEXT = 8, 160
MIN_DIGITS = 4
"""Of a reference; what has fewer is the number of a house or a page."""

_DAY = re.compile(r"(?<![\d/])(\d{1,2}) ?[/.\-] ?(\d{1,2}) ?[/.\-] ?(\d{4})(?!\d)|(?<!\d)(\d{2}) (\d{2}) (\d{4})(?!\d)")
_DAY_IN_LETTERS = re.compile(
    r"(?<![\d/])(?P<day>\d{1,2}|[1LI] ?ER|PREMIER) ?(?P<month>[A-Z0]{3,11})\.? (?P<year>\d{4})(?!\d)"
)
_DAY_IN_WORDS = re.compile(
    r"\b(?P<day>PREMIER|[A-Z]+(?:[ -][A-Z]+){0,2}) (?P<month>[A-Z]{3,11}) "
    r"(?P<year>(?:DEUX MILLE|MIL NEUF CENTS?|MILLE NEUF CENTS?)(?:[ -](?:ET|[A-Z]+)){0,4})"
)
_AMOUNT = re.compile(
    r"(?<![\d/])(?P<whole>\d{1,3}(?:[ .]\d{3})+|\d+)(?:[,.](?P<cents>\d{2}))?(?![\d/%]) ?(?P<euro>€|EUR|EUROS?\b)?"
)
_PARTS = re.compile(r"(?<![\d/])(\d{1,2})(?:[,.](\d{1,2}))?(?![\d/])")
_MONTH = re.compile(
    r"\b(?P<name>[A-Z0]{3,11})\.? (?P<year>20\d{2})\b|\b(?P<number>0[1-9]|1[0-2]) ?[/.\-] ?(?P<year2>20\d{2})\b"
)
_SCHOOL_YEAR = re.compile(r"(?<!\d)(20\d{2}) ?(?:[/\-]|AU|A)? ?(20\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_CIVILITY = frozenset(
    {"M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE", "MELLE", "MM", "ENFANT", "ELEVE"}
)
_NAME_ENDS = frozenset(
    {"NE", "NEE", "NES", "DEMEURANT", "DOMICILIE", "DOMICILIEE", "EST", "A", "DATE", "DEPUIS", "RESIDANT", "CERTIFIE",
     "ATTESTE", "DECLARE", "ET", "INSCRIT", "INSCRITE", "SEXE", "NATIONALITE", "SUR", "POUR", "QUE", "AGE", "AGEE",
     "SOUSSIGNE", "SOUSSIGNEE", "ACTUELLEMENT", "QUI", "AU", "EN", "CLASSE", "PERE", "MERE", "REPRESENTANT", "PRENOM",
     "PRENOMS", "NOM", "CI", "ADRESSE", "FREQUENTE", "FILS", "FILLE", "A COMPTER", "REF", "TEL"}
)  # fmt: skip
_PARTICLES = frozenset(
    {
        "DE",
        "DU",
        "DES",
        "LA",
        "LE",
        "D",
        "L",
        "VON",
        "VAN",
        "DER",
        "DA",
        "DI",
        "DOS",
        "DAS",
        "DO",
        "EL",
        "AL",
        "BEN",
        "BINT",
    }
)
_NOT_NAMES = frozenset(
    {"CONTRAT", "NUMERO", "N", "REFERENCE", "REFERENCES", "DATE", "MONTANT", "FACTURE", "TOTAL", "SEXE", "ANNEE", "ECOLE",
     "PERIODE", "LOGEMENT", "LIEU", "POINT", "ACTE", "COMMUNE", "NATIONALITE", "SURNAME", "GIVEN", "MATRICULE", "CLASSE",
     "NIVEAU", "REVENU", "NOMBRE", "IMPOT", "DECLARANT", "VOS", "VOTRE", "QUOTIENT", "ALLOCATAIRE", "NE", "AU", "SIGNATURE", "JE", "NOUS", "VOUS", "OBJET"}
)  # fmt: skip
_NAME = re.compile(r"^[^\W\d_][^\W\d_'’.\-]*(?:['’.\-][^\W\d_]*)*[,.]?$")


def day(words: Sequence[Word]) -> Found | None:
    """Return the first date, in figures or in words (« le 1er mars 2026 », « douze mars deux mille dix-huit »)."""
    run = Run(tuple(words))
    matches = [
        (match.start(), parsed, match)
        for pattern, parse in ((_DAY, _in_figures), (_DAY_IN_LETTERS, _in_letters), (_DAY_IN_WORDS, _in_words))
        for match in pattern.finditer(run.text)
        if (parsed := parse(match))
    ]
    if not matches:
        return None
    _, parsed, match = min(matches, key=lambda each: each[0])
    return Found(parsed.isoformat(), run.group(match))


def euros(words: Sequence[Word]) -> Found | None:
    """Return the first amount in whole euros, cents left out; one that says « € » is preferred."""
    run = Run(tuple(words))
    matches = [match for match in _AMOUNT.finditer(run.text) if len(match["whole"]) <= len("999 999 999")]
    best = next((match for match in matches if match["euro"] or match["cents"]), matches[0] if matches else None)
    return Found(str(int(re.sub(r"\D", "", best["whole"]))), run.group(best)) if best else None


def parts(words: Sequence[Word]) -> Found | None:
    """Return a number of parts of the quotient familial (CGI, art. 194): quarters, more than none, below twenty."""
    run = Run(tuple(words))
    match = _PARTS.search(run.text)
    value = parts_of(f"{match[1]}.{match[2] or 0}") if match else ""
    return Found(value, run.group(match)) if match and value else None


def parts_of(number: str) -> str:
    """Return ``number`` in its shortest form where it can be a number of parts, else nothing."""
    if not re.fullmatch(r"\d{1,2}([.,]\d{1,2})?", number):
        return ""
    value = float(number.replace(",", "."))
    return f"{value:g}" if 0 < value < 20 and (value * 4).is_integer() else ""


def month(words: Sequence[Word]) -> Found | None:
    """Return the first month with its year, as « 2026-10 »."""
    run = Run(tuple(words))
    for match in _MONTH.finditer(run.text):
        number = int(match["number"]) if match["number"] else _month_number(match["name"])
        if number:
            return Found(f"{match['year'] or match['year2']}-{number:02d}", run.group(match))
    return None


def month_of_period(words: Sequence[Word]) -> Found | None:
    """Return the month of « du 01/08/2026 au 31/08/2026 », where both days are of one."""
    first = day(words)
    last = day(words[words.index(first.words[-1]) + 1 :]) if first else None
    if first is None or last is None or first.value[:7] != last.value[:7]:
        return None
    return Found(first.value[:7], (*first.words, *last.words))


def school_year(words: Sequence[Word]) -> Found | None:
    """Return the first school year, as « 2026-2027 »: two years that follow each other."""
    run = Run(tuple(words))
    for match in _SCHOOL_YEAR.finditer(run.text):
        if int(match[2]) == int(match[1]) + 1:
            return Found(f"{match[1]}-{match[2]}", run.group(match))
    return None


def year(words: Sequence[Word]) -> Found | None:
    """Return the first year of this century."""
    run = Run(tuple(words))
    match = _YEAR.search(run.text)
    return Found(match[1], run.group(match)) if match else None


def name(words: Sequence[Word]) -> Found | None:
    """Return the name that ``words`` begin with, as printed, without civility: it ends where no name goes on."""
    taken: list[Word] = []
    for word in words:
        token = plain(word.text)
        if not taken and (token in _CIVILITY or not token or token in {"L", "L ENFANT", "L ELEVE"}):
            continue
        if not _goes_on(word, token, taken):
            break
        taken.append(word)
        if word.text.endswith((",", ";", ")")):
            break
    return _named(taken)


def given_names(words: Sequence[Word]) -> Found | None:
    """Return given names as printed, which commas may separate."""
    taken: list[Word] = []
    for word in words:
        if not _goes_on(word, plain(word.text), taken):
            break
        taken.append(word)
    return _named(taken)


def _goes_on(word: Word, token: str, taken: Sequence[Word]) -> bool:
    """Tell whether ``word`` may belong to a name: it has a capital, or is a particle, and is none of a form's own."""
    bare = word.text.strip('()«»:;"')
    # « LE GOFF » is a name; « le 3 mars » is none.
    ends = token in _NAME_ENDS or word.text == "le"
    if ends or not _NAME.match(bare) or len(taken) == MAX_NAME_WORDS:
        return False
    if not taken and token in _NOT_NAMES:
        return False
    return bare[0].isupper() or token.split(" ", maxsplit=1)[0] in _PARTICLES


def _named(taken: list[Word]) -> Found | None:
    while taken and plain(taken[-1].text) in _PARTICLES:
        taken.pop()
    value = trimmed(taken)
    return Found(value, tuple(taken)) if len(plain(value)) >= 2 else None


def text(words: Sequence[Word]) -> Found | None:
    """Return the words as printed."""
    value = trimmed(words)[:MAX_TEXT]
    return Found(value, tuple(words)) if value else None


def reference(words: Sequence[Word]) -> Found | None:
    """Return the first word or group that holds a digit, as references do."""
    taken: list[Word] = []
    for word in words:
        bare = word.text.strip(" :;,.()")
        if bare in {"n°", "N°", "No", "nº", "Nº", "RG", ""}:
            continue
        if not any(letter.isdigit() for letter in bare):
            if taken:
                break
            continue
        taken.append(word)
        if len(taken) == 3:
            break
    value = trimmed(taken)
    # A year that stands near is no reference, nor is a day.
    digits = sum(letter.isdigit() for letter in value)
    is_reference = digits >= MIN_DIGITS and not re.fullmatch(r"(19|20)\d{2}", value) and day(taken) is None
    return Found(value, tuple(taken)) if is_reference else None


def _in_figures(match: re.Match[str]) -> date | None:
    day_of_month, month_number, year_number = (match[index] or match[index + 3] for index in (1, 2, 3))
    return _date(int(year_number), int(month_number), int(day_of_month))


def _in_letters(match: re.Match[str]) -> date | None:
    day_text = match["day"]
    number = int(day_text) if day_text.isdigit() else 1
    return _date(int(match["year"]), _month_number(match["month"]), number)


def _in_words(match: re.Match[str]) -> date | None:
    words = re.split(r"[ -]", match["day"])
    number = 0
    # What stands before the day (« le », « né ») is dropped until the rest is a number.
    while words and not number:
        number = 1 if words == ["PREMIER"] else number_of(words)
        words = words[1:]
    year_words = re.split(r"[ -]", match["year"])
    year_number = 0
    while year_words and not year_number:
        year_number = number_of(year_words)
        year_words = year_words[:-1]
    return _date(year_number, _month_number(match["month"]), number)


def _date(year_number: int, month_number: int, day_number: int) -> date | None:
    if not EARLIEST_YEAR <= year_number <= LATEST_YEAR:
        return None
    try:
        return date(year_number, month_number, day_number)
    except ValueError:
        return None


def _month_number(printed_month: str) -> int:
    """Return the month that is meant (1 to 12), 0 where none is; abbreviations of three letters or more count."""
    bare = printed_month.replace("0", "O")
    distances = [Levenshtein.distance(month_name, bare) for month_name in MONTHS]
    closest = min(distances)
    if closest <= len(bare) // 4 and distances.count(closest) == 1:
        return distances.index(closest) + 1
    short = [number for number, each in enumerate(MONTHS, start=1) if each.startswith(bare)]
    return short[0] if len(short) == 1 else 0


def school(words: Sequence[Word]) -> Found | None:
    """Return the name of a school in running text: from « école » (collège, lycée) up to a comma or a place."""
    taken: list[Word] = []
    for word in words:
        token = plain(word.text)
        if not taken and token.removeprefix("L ") not in _SCHOOLS:
            continue
        if token in _SCHOOL_ENDS or any(letter.isdigit() for letter in token):
            break
        taken.append(word)
        if word.text.endswith((",", ";", ".")):
            break
    value = re.sub(r"^[Ll]['’]", "", trimmed(taken))
    return Found(value, tuple(taken)) if len(taken) > 1 else None


_SCHOOLS = frozenset({"ECOLE", "COLLEGE", "LYCEE", "GROUPE"})
_SCHOOL_ENDS = frozenset(
    {"CERTIFIE", "EST", "A", "EN", "POUR", "DEPUIS", "DU", "SISE", "SIS", "ATTESTE", "AU", "JUSQU"}
)


def town(words: Sequence[Word]) -> Found | None:
    """Return the name of a town as printed, without what follows it."""
    taken: list[Word] = []
    for word in words:
        token = plain(word.text)
        if (
            not token
            or token in _TOWN_ENDS
            or any(letter.isdigit() for letter in token)
            or len(taken) == MAX_TOWN_WORDS
        ):
            break
        taken.append(word)
        if word.text.endswith((",", ";", ".", ")")):
            break
    value = trimmed(taken)
    return Found(value, tuple(taken)) if len(plain(value)) >= 2 else None


MAX_TOWN_WORDS = 5
_TOWN_ENDS = frozenset(
    {"DEPARTEMENT", "ACTE", "SEXE", "PERE", "MERE", "NATIONALITE", "LE", "A", "DE SEXE", "PAYS", "EXTRAIT", "COPIE"}
)
