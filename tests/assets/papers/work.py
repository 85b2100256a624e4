"""Papers about work: payslips, statements of France Travail."""

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, lettered, numbered, street, town, whole
from tests.assets.papers.drawing import Paper, said
from tests.assets.papers.people import MONTHS, letters

PAYSLIP, STATEMENT = EvidenceType.PAYSLIP, EvidenceType.UNEMPLOYMENT_STATEMENT


def payslip(case: Case) -> Paper:
    """The clarified payslip, a table of contributions."""
    who, home, day = case.family.mother, case.family.home, case.day(3, 25)
    net = case.rng.randrange(1_100, 4_200)
    printed = f"{MONTHS[day.month - 1]} {day.year}"
    draft = case.draft()
    draft.at(105, 15, "BULLETIN DE PAIE", size=14, bold=True, centre=True)
    draft.at(15, 26, "Ateliers de l'Orme SARL", bold=True).lines(
        15,
        32,
        ["8 quai aux Herbes", "75019 PARIS", "SIRET 000 000 000 00000", "Convention collective : métiers d'art"],
        size=8,
        step=4.5,
    )
    draft.at(15, 56, "Période : ", said(Field.PAY_MONTH, printed, f"{day.year}-{day.month:02d}"))
    draft.at(15, 62, "Matricule : ", case.number(4)).at(
        15, 68, f"N° de sécurité sociale : {_nir(case, female=who.female)}", size=9
    )
    draft.at(115, 40, f"{who.civility} ", whole(Field.HOLDER_NAME, who)).at(115, 46, street(home)).at(
        115, 52, *town(home)
    )
    draft.bar(15, 74, 180, 7).at(17, 79, "Libellé", bold=True).at(110, 79, "Base", bold=True).at(
        140, 79, "Taux", bold=True
    ).at(170, 79, "Montant", bold=True)
    rows = (("Salaire de base", "151,67", "18,20", "2 760,39"), ("Sécurité sociale plafonnée", "2 760,39", "6,90", "190,47"),
            ("Cotisations salariales retraite", "2 760,39", "3,15", "86,95"), ("CSG déductible", "2 712,08", "6,80", "184,42"),
            ("Congés payés acquis", "2,08", "", ""))  # fmt: skip
    for row, cells in enumerate(rows):
        for x, cell in zip((17, 110, 140, 170), cells, strict=True):
            draft.at(x, 87 + row * 6, cell, size=9)
    draft.at(17, 126, "Montant net social").at(165, 126, "2 250,10")
    draft.at(17, 134, "Net payé", bold=True).at(
        165, 134, said(Field.NET_PAY, f"{net // 1000} {net % 1000:03d},27 €", str(net)), bold=True
    )
    draft.at(17, 142, "Date de paiement : ", numbered(Field.ISSUED_ON, day))
    draft.at(15, 285, "Conservez ce bulletin de paie sans limitation de durée.", size=8)
    return draft.paper(PAYSLIP, "payslip")


def payslip_old(case: Case) -> Paper:
    """A payslip of a small employer."""
    who, home, day = case.family.father, case.family.home, case.day(3, 25)
    net = case.rng.randrange(900, 2_900)
    draft = case.draft()
    draft.at(15, 18, "Bulletin de salaire", size=15, bold=True)
    draft.lines(
        15,
        30,
        [
            ("Employeur : Association du Quai",),
            ("Mois de paie : ", said(Field.PAY_MONTH, f"{day.month:02d}/{day.year}", f"{day.year}-{day.month:02d}")),
        ],
    )
    draft.lines(
        15,
        48,
        [
            ("Salarié : ", said(Field.HOLDER_NAME, f"{who.family.upper()} {who.first}")),
            ("Adresse : ", street(home)),
            town(home),
        ],
    )
    draft.lines(
        15,
        76,
        ["Heures mensuelles : 120,00", "Salaire brut : 1 980,00 €", "URSSAF : 214,20 €", "Net imposable : 1 700,00 €"],
    )
    draft.at(15, 106, "Net à payer : ", said(Field.NET_PAY, f"{net},00 €", str(net)), bold=True)
    draft.at(15, 114, "Payé le ", lettered(Field.ISSUED_ON, day), " par virement")
    return draft.paper(PAYSLIP, "payslip_small")


def situation(case: Case) -> Paper:
    """The statement of a job seeker."""
    who, home, day, since = case.family.father, case.family.home, case.day(4, 20), case.day(200)
    draft = case.draft()
    draft.at(15, 20, "France Travail", size=16, bold=True).at(15, 26, "Agence Val-des-Tilleuls", size=9)
    draft.at(115, 40, f"{who.civility} ", whole(Field.HOLDER_NAME, who)).at(115, 46, street(home)).at(
        115, 52, *town(home)
    )
    draft.at(15, 68, "Objet : Avis de situation", size=13, bold=True)
    y = draft.paragraph(
        15, 82, 178, "Nous vous informons que vous êtes", f"{who.e('inscrit', 'inscrite')} sur la liste des demandeurs d'emploi depuis le", numbered(Field.VALID_FROM, since),
        "en catégorie 1 et que vous percevez l'allocation d'aide au retour à l'emploi."
    )  # fmt: skip
    draft.at(15, y + 6, "Cet avis est établi d'après votre dernière actualisation.")
    draft.at(15, y + 20, "Fait à Val-des-Tilleuls, le ", numbered(Field.ISSUED_ON, day)).at(
        15, y + 30, "www.francetravail.fr", size=8
    )
    return draft.paper(STATEMENT, "situation_letter")


def registration(case: Case) -> Paper:
    """The certificate of registration."""
    who, day, since = case.family.mother, case.day(4, 20), case.day(150)
    draft = case.draft()
    draft.bar(0, 0, 210, 14).at(15, 10, "FRANCE TRAVAIL", bold=True)
    draft.at(105, 34, "ATTESTATION D'INSCRIPTION", size=15, bold=True, centre=True)
    y = draft.paragraph(
        15, 52, 178, "La directrice de l'agence atteste que", f"{who.civility}", whole(Field.HOLDER_NAME, who), f", {who.e('né', 'née')} le {letters(who.born)}, est {who.e('inscrit', 'inscrite')} comme "
        "demandeur d'emploi depuis le", numbered(Field.VALID_FROM, since), "."
    )  # fmt: skip
    draft.at(15, y + 10, "Fait le ", lettered(Field.ISSUED_ON, day))
    return draft.paper(STATEMENT, "registration")


def _nir(case: Case, *, female: bool) -> str:
    """Return a social security number whose key holds."""
    thirteen = f"{2 if female else 1}850675" + case.number(6)
    return f"{thirteen} {97 - int(thirteen) % 97:02d}"


LAYOUTS: dict[str, Layout] = {
    "payslip": payslip,
    "payslip_small": payslip_old,
    "situation_letter": situation,
    "registration": registration,
}
