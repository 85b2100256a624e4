"""Identity papers with their machine-readable lines: the card of 2021, the card before it, passport, residence permit."""

import unicodedata
from datetime import date

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout
from tests.assets.papers.drawing import Draft, Paper, said
from tests.assets.papers.people import Person, figures
from vault.ingest.fields.mrz import check_digit

KIND = EvidenceType.IDENTITY_PAPER
_DOTLESS = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


def card(case: Case) -> Paper:
    """Both sides of the card of 2021, copied onto one sheet."""
    who, given, until = case.family.mother, case.day(700), date(2033, 5, 11)
    draft = Draft(case.rng.choice(("sans", "vera")))
    draft.frame(30, 30, 150, 94).frame(30, 150, 150, 94)
    draft.at(35, 40, "RÉPUBLIQUE FRANÇAISE", size=11, bold=True).at(120, 40, "FRA", size=11)
    draft.at(35, 47, "CARTE NATIONALE D'IDENTITÉ / IDENTITY CARD", size=9)
    _pair(draft, 85, 58, "NOM / Surname", said(Field.HOLDER_FAMILY_NAME, who.family.upper()))
    _pair(draft, 85, 70, "Prénoms / Given names", said(Field.HOLDER_FIRST_NAMES, who.given))
    _pair(draft, 85, 82, "SEXE / Sex", who.e("M", "F"))
    draft.at(110, 82, "NATIONALITÉ / Nationality", size=6.5).at(110, 87, "FRA", size=10)
    draft.at(145, 82, "DATE DE NAISS. / Date of birth", size=6.5)
    draft.at(145, 87, said(Field.HOLDER_BORN_ON, who.born.strftime("%d %m %Y"), who.born.isoformat()), size=10)
    _pair(draft, 85, 96, "LIEU DE NAISSANCE / Place of birth", who.birthplace.upper())
    draft.at(35, 114, "N° DU DOCUMENT / Document No", size=6.5).at(
        35, 119, f"X4{case.rng.choice('RTB')}BPFW46", size=10
    )
    draft.at(110, 114, "DATE D'EXPIR. / Expiry date", size=6.5)
    draft.at(110, 119, said(Field.VALID_UNTIL, until.strftime("%d %m %Y"), until.isoformat()), size=10)
    draft.at(35, 162, "TAILLE / Height", size=6.5).at(35, 167, "1,68 m", size=10)
    draft.at(80, 162, "DATE DE DÉLIVRANCE / Date of issue", size=6.5)
    draft.at(80, 167, said(Field.ISSUED_ON, given.strftime("%d %m %Y"), given.isoformat()), size=10)
    _mrz(draft, 36, 215, _td1("ID", "X4RTBPFW4", who, until))
    return _named(draft, who).paper(KIND, "card_2021")


def old_card(case: Case) -> Paper:
    """Both sides of the card issued from 1988 to 2021."""
    who, given, until = case.family.father, date(2019, 3, 4), date(2034, 3, 3)
    draft = Draft(case.rng.choice(("sans", "serif")))
    draft.frame(30, 30, 150, 100)
    draft.at(35, 40, "RÉPUBLIQUE FRANÇAISE", size=11, bold=True)
    draft.at(35, 48, "CARTE NATIONALE D'IDENTITÉ N° : ", "190375" + case.number(6), size=9)
    draft.at(160, 48, "Nationalité Française", size=7)
    draft.lines(80, 58, [
        ("Nom : ", said(Field.HOLDER_FAMILY_NAME, who.family.upper())), ("Prénom(s) : ", said(Field.HOLDER_FIRST_NAMES, who.given)),
        (f"Sexe : {who.e('M', 'F')}   Né(e) le : ", said(Field.HOLDER_BORN_ON, figures(who.born, "."), who.born.isoformat())),
        f"à : {who.birthplace.upper()}", "Taille : 1,80 m",
    ], step=7)  # fmt: skip
    _mrz(draft, 34, 114, _french(who))
    draft.frame(30, 150, 150, 60)
    draft.lines(40, 165, [
        f"Adresse : {case.family.home.street.upper()}", f"{case.family.home.postcode} {case.family.home.town.upper()}",
        ("Carte valable jusqu'au : ", said(Field.VALID_UNTIL, figures(until, "."), until.isoformat())),
        ("délivrée le : ", said(Field.ISSUED_ON, figures(given, "."), given.isoformat())), "par : PRÉFECTURE DE SEINE-ET-TILLEULS",
    ], step=7)  # fmt: skip
    return _named(draft, who).paper(KIND, "card_1988")


def passport(case: Case) -> Paper:
    """The page of a passport."""
    who, given, until = case.family.mother, date(2022, 6, 1), date(2032, 5, 31)
    draft = Draft(case.rng.choice(("sans", "vera")))
    draft.frame(25, 40, 160, 110)
    draft.at(30, 50, "PASSEPORT", size=12, bold=True).at(75, 50, "RÉPUBLIQUE FRANÇAISE", size=11).at(
        30, 56, "PASSPORT", size=9
    )
    draft.at(140, 58, "Passeport n° / Passport No", size=6.5).at(140, 63, f"{case.number(2)}AB{case.number(5)}")
    _pair(draft, 75, 68, "Nom / Surname (1)", said(Field.HOLDER_FAMILY_NAME, who.family.upper()))
    _pair(draft, 75, 80, "Prénoms / Given names (2)", said(Field.HOLDER_FIRST_NAMES, who.given))
    _pair(draft, 75, 92, "Nationalité / Nationality (3)", "Française")
    draft.at(75, 104, "Date de naissance / Date of birth (4)", size=6.5).at(130, 104, "Sexe / Sex (5)", size=6.5)
    draft.at(75, 109, said(Field.HOLDER_BORN_ON, who.born.strftime("%d %m %Y"), who.born.isoformat())).at(
        130, 109, who.e("M", "F")
    )
    draft.at(75, 115, "Date de délivrance / Date of issue (7)", size=6.5).at(
        130, 115, "Date d'expiration / Date of expiry (8)", size=6.5
    )
    draft.at(75, 120, said(Field.ISSUED_ON, given.strftime("%d %m %Y"), given.isoformat()))
    draft.at(130, 120, said(Field.VALID_UNTIL, until.strftime("%d %m %Y"), until.isoformat()))
    _mrz(draft, 29, 138, _td3(who, until))
    return _named(draft, who).paper(KIND, "passport")


def permit(case: Case) -> Paper:
    """Both sides of a residence permit."""
    who, given, until = case.family.father, date(2023, 2, 14), date(2033, 2, 13)
    draft = Draft(case.rng.choice(("sans", "vera")))
    draft.frame(30, 30, 150, 94).frame(30, 150, 150, 94)
    draft.at(35, 40, "RÉPUBLIQUE FRANÇAISE", bold=True).at(
        35, 47, "TITRE DE SÉJOUR / RESIDENCE PERMIT", size=10, bold=True
    )
    _pair(draft, 85, 56, "NOM / Surname", said(Field.HOLDER_FAMILY_NAME, who.family.upper()))
    _pair(draft, 85, 68, "Prénoms / Given names", said(Field.HOLDER_FIRST_NAMES, who.given))
    _pair(
        draft,
        85,
        80,
        "DATE DE NAISSANCE / Date of birth",
        said(Field.HOLDER_BORN_ON, who.born.strftime("%d %m %Y"), who.born.isoformat()),
    )
    _pair(
        draft,
        85,
        92,
        "DATE D'EXPIRATION / Date of expiry",
        said(Field.VALID_UNTIL, until.strftime("%d %m %Y"), until.isoformat()),
    )
    _pair(draft, 85, 104, "TYPE DE TITRE / Type of permit", "CARTE DE RÉSIDENT")
    draft.at(35, 162, "DATE DE DÉLIVRANCE / Date of issue", size=6.5)
    draft.at(35, 167, said(Field.ISSUED_ON, given.strftime("%d %m %Y"), given.isoformat()))
    _mrz(draft, 36, 215, _td1("IR", "9R75T2041", who, until, nation="SEN"))
    return _named(draft, who).paper(KIND, "residence_permit")


def _pair(draft: Draft, x: float, y: float, label: str, value: object) -> None:
    draft.at(x, y, label, size=6.5).at(x, y + 5, value, size=10)


def _named(draft: Draft, who: Person) -> Draft:
    return draft.truth(holder_name=f"{who.given} {who.family.upper()}")


def _mrz(draft: Draft, x: float, y: float, lines: tuple[str, ...]) -> None:
    typed = Draft.__new__(Draft)
    typed.__dict__.update(draft.__dict__)
    typed._plain, typed._bold = "Courier", "Courier-Bold"
    width = {30: 12.2, 36: 10.2, 44: 9.2}[len(lines[0])]
    for row, line in enumerate(lines):
        typed.at(x, y + row * 6.5, line, size=width)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_DOTLESS).replace("'", "").replace("’", "")).upper()
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return "".join(each if each.isalnum() else "<" for each in letters)


def _names(who: Person, width: int) -> str:
    given = "<".join(_bare(name.strip()) for name in who.given.split(","))
    return f"{_bare(who.family)}<<{given}"[:width].ljust(width, "<")


def _checked(text: str) -> str:
    return f"{text}{check_digit(text)}"


def _td1(kind: str, number: str, who: Person, until: date, *, nation: str = "FRA") -> tuple[str, ...]:
    one = f"{kind}FRA{_checked(number)}".ljust(30, "<")
    born, expires = _checked(who.born.strftime("%y%m%d")), _checked(until.strftime("%y%m%d"))
    two = f"{born}{who.e('M', 'F')}{expires}{nation}".ljust(29, "<")
    return one, two + str(check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29])), _names(who, 30)


def _td3(who: Person, until: date) -> tuple[str, ...]:
    number = _checked("22AB12345")
    born, expires = _checked(who.born.strftime("%y%m%d")), _checked(until.strftime("%y%m%d"))
    two = f"{number}FRA{born}{who.e('M', 'F')}{expires}".ljust(43, "<")
    two = two[:42] + "0"
    return "P<FRA" + _names(who, 39), two + str(check_digit(two[:10] + two[13:20] + two[21:43]))


def _french(who: Person) -> tuple[str, ...]:
    one = "IDFRA" + _bare(who.family)[:25].ljust(25, "<") + "759001"
    given = "<<".join(_bare(name.strip()) for name in who.given.split(","))[:14].ljust(14, "<")
    two = _checked("190375012345") + given + _checked(who.born.strftime("%y%m%d")) + who.e("M", "F")
    return one, two + str(check_digit(one + two))


LAYOUTS: dict[str, Layout] = {
    "card_2021": card,
    "card_1988": old_card,
    "passport": passport,
    "residence_permit": permit,
}
