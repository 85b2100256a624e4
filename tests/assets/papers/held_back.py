"""Other wordings of each kind, written after the reading was: what it is worth on papers it was not made for."""

from datetime import date, timedelta

from contracts.documents import EvidenceType as Kind
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, euros, lettered, numbered, street, town, whole
from tests.assets.papers.drawing import Paper, said
from tests.assets.papers.people import figures, letters


def water(case: Case) -> Paper:
    who, home, day = case.family.father, case.family.home, case.day(30)
    draft = case.draft()
    draft.at(15, 18, "Eaux de l'Orme", size=16, bold=True).at(15, 24, "Service public de l'eau potable", size=9)
    draft.at(15, 44, "VOTRE FACTURE D'EAU", size=14, bold=True).at(15, 52, "émise le ", lettered(Field.ISSUED_ON, day))
    draft.at(15, 62, "Référence client : ", said(Field.REFERENCE, case.number(8)))
    draft.at(112, 46, f"{who.civility} ", said(Field.HOLDER_NAME, f"{who.family.upper()} {who.first.upper()}"))
    draft.at(112, 52, street(home)).at(112, 58, *town(home))
    draft.lines(
        15,
        84,
        [
            "Adresse desservie : identique",
            "Abonnement 21,40 €",
            "Consommation 38 m3  71,90 €",
            "Montant total TTC à régler : 93,30 €",
        ],
    )
    return draft.paper(Kind.PROOF_OF_ADDRESS, "water")


def contract(case: Case) -> Paper:
    who, home, day = case.family.mother, case.family.home, case.day(5)
    draft = case.draft()
    draft.at(15, 20, "Lumière de Seine", bold=True).at(
        105, 46, "ATTESTATION DE TITULAIRE DE CONTRAT", size=14, bold=True, centre=True
    )
    y = draft.paragraph(15, 64, 178, "Nous certifions que", f"{who.civility}", whole(Field.HOLDER_NAME, who), "est titulaire d'un contrat de fourniture d'électricité "
                        "pour le logement situé", street(home), ",", *[piece for piece in town(home) if piece != " "], ".")  # fmt: skip
    draft.at(15, y + 8, "Attestation établie le ", numbered(Field.ISSUED_ON, day), ", à la demande du client.")
    return draft.paper(Kind.PROOF_OF_ADDRESS, "contract")


def tax(case: Case) -> Paper:
    who, home, day, income = case.family.mother, case.family.home, case.day(30), case.rng.randrange(9_000, 70_000)
    draft = case.draft()
    draft.at(15, 18, "Centre des finances publiques de l'Orme", size=9).at(
        15, 34, "AVIS D'IMPÔT SUR LES REVENUS ET PRÉLÈVEMENTS SOCIAUX", size=12, bold=True
    )
    draft.at(15, 42, "Revenus de ", said(Field.INCOME_YEAR, "2025"), " - établi le ", numbered(Field.ISSUED_ON, day))
    draft.at(112, 56, said(Field.DECLARANT_1, f"{who.family.upper()} {who.first.upper()}")).at(
        112, 62, street(home)
    ).at(112, 68, *town(home))
    draft.at(15, 90, "Situation de famille : C    Nombre de parts : ", said(Field.PARTS, "1,50", "1.5"))
    draft.at(15, 98, "Salaires et assimilés").at(150, 98, euros(income + 900)).at(
        15, 106, "Revenu fiscal de référence"
    ).at(150, 106, said(Field.REFERENCE_INCOME, euros(income), str(income)))
    return draft.paper(Kind.TAX_NOTICE, "tax_social")


def quotient(case: Case) -> Paper:
    who, home, day = case.family.father, case.family.home, case.day(4, 20)
    draft = case.draft()
    draft.at(15, 18, "CAF", size=20, bold=True).at(40, 18, "Mon compte - Mes attestations", size=9)
    draft.at(15, 38, "ATTESTATION DE QUOTIENT FAMILIAL", bold=True).at(
        15, 50, f"{who.civility} ", said(Field.HOLDER_NAME, f"{who.family.upper()} {who.first.upper()}")
    )
    draft.at(15, 56, street(home)).at(15, 62, *town(home))
    draft.at(
        15,
        78,
        "Quotient familial CAF : ",
        said(Field.QUOTIENT_FAMILIAL, "845"),
        " € pour le mois de ",
        said(Field.QUOTIENT_MONTH, "août 2026", "2026-08"),
    )
    draft.at(15, 96, f"À {home.town}, le ", lettered(Field.ISSUED_ON, day))
    return draft.paper(Kind.QUOTIENT_FAMILIAL, "quotient_short")


def birth(case: Case) -> Paper:
    child, father, mother, day = case.family.children[1], case.family.father, case.family.mother, case.day(20)
    draft = case.draft()
    draft.at(105, 18, "RÉPUBLIQUE FRANÇAISE", centre=True).at(
        105, 30, "EXTRAIT DE L'ACTE DE NAISSANCE", size=14, bold=True, centre=True
    )
    draft.at(15, 44, "Service de l'état civil de Val-des-Tilleuls")
    rows = (("Nom de famille", said(Field.CHILD_FAMILY_NAME, child.family.upper())), ("Prénoms", said(Field.CHILD_FIRST_NAMES, child.given)),
            ("Date de naissance", numbered(Field.CHILD_BORN_ON, child.born)), ("Lieu de naissance", said(Field.CHILD_BIRTHPLACE, child.birthplace)), ("Sexe", child.e("M", "F")))  # fmt: skip
    for row, (label, value) in enumerate(rows):
        draft.at(15, 58 + row * 8, label).at(80, 58 + row * 8, value)
    draft.at(15, 106, "Père", bold=True).at(110, 106, "Mère", bold=True)
    draft.at(15, 114, "Nom : ", said(Field.PARENT_1_FAMILY_NAME, father.family.upper())).at(
        110, 114, "Nom : ", said(Field.PARENT_2_FAMILY_NAME, mother.family.upper())
    )
    draft.at(15, 122, "Prénoms : ", said(Field.PARENT_1_FIRST_NAMES, father.given)).at(
        110, 122, "Prénoms : ", said(Field.PARENT_2_FIRST_NAMES, mother.given)
    )
    draft.at(15, 150, "Pour extrait conforme, délivré le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(Kind.BIRTH_CERTIFICATE, "birth_columns")


def book(case: Case) -> Paper:
    child = case.family.children[0]
    draft = case.draft()
    draft.at(105, 24, "PREMIER ENFANT", size=14, bold=True, centre=True).at(
        15, 36, "Extrait de l'acte de naissance n° " + case.number(3)
    )
    for row, text in enumerate(
        (
            f"Commune : {child.birthplace}",
            f"Né(e) le : {figures(child.born)}",
            f"Nom : {child.family.upper()}",
            f"Prénoms : {child.given}",
            "Sexe : " + child.e("M", "F"),
        )
    ):
        draft.at(15, 48 + row * 9, text)
    draft.at(15, 110, "L'officier de l'état civil").at(15, 120, "Mentions marginales :")
    draft.at(105, 160, "DEUXIÈME ENFANT", size=14, bold=True, centre=True)
    return draft.truth(children=f"{child.family.upper()}/{child.given}/{child.born.isoformat()}").paper(
        Kind.FAMILY_RECORD_BOOK, "book_page"
    )


def receipt(case: Case) -> Paper:
    who, until = case.family.father, date(2027, 1, 30)
    draft = case.draft()
    draft.at(15, 20, "RÉPUBLIQUE FRANÇAISE", bold=True).at(15, 30, "CARTE DE RÉSIDENT", size=14, bold=True)
    draft.lines(15, 44, [("NOM : ", said(Field.HOLDER_FAMILY_NAME, who.family.upper())), ("Prénoms : ", said(Field.HOLDER_FIRST_NAMES, who.given)),
                         ("Né le ", numbered(Field.HOLDER_BORN_ON, who.born)), "Nationalité : sénégalaise", "Sexe : M",
                         ("Valable jusqu'au ", numbered(Field.VALID_UNTIL, until))], step=8)  # fmt: skip
    return draft.truth(holder_name=f"{who.given} {who.family.upper()}").paper(Kind.IDENTITY_PAPER, "resident_card")


def vaccines(case: Case) -> Paper:
    child, day = case.family.children[0], case.day(20)
    last = child.born + timedelta(days=2300)
    draft = case.draft()
    draft.at(15, 20, "Protection maternelle et infantile", bold=True).at(
        15, 34, "Attestation de vaccination", size=14, bold=True
    )
    draft.at(
        15,
        46,
        "Nom, prénom : ",
        said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}"),
        "   né(e) le ",
        numbered(Field.HOLDER_BORN_ON, child.born),
    )
    draft.at(15, 62, "DTPolio").at(60, 62, figures(child.born + timedelta(days=61))).at(
        90, 62, figures(child.born + timedelta(days=122))
    ).at(15, 70, "DTPolio rappel").at(60, 70, numbered(Field.DTP_LAST_DOSE_ON, last))
    draft.at(15, 78, "ROR").at(60, 78, figures(child.born + timedelta(days=380))).at(
        15, 96, "Établi le ", numbered(Field.ISSUED_ON, day), " - cachet du médecin"
    )
    return draft.paper(Kind.VACCINATION_RECORD, "vaccines")


def divorce(case: Case) -> Paper:
    mother, father, day = case.family.mother, case.family.father, case.day(400, 100)
    draft = case.draft()
    draft.at(15, 18, "TRIBUNAL JUDICIAIRE DE PARIS", bold=True).at(15, 25, "JAF section 2 cabinet 4").at(
        15, 34, "N° RG ", said(Field.REFERENCE, f"23/{case.number(5)}")
    )
    draft.at(105, 46, "JUGEMENT DE DIVORCE", size=14, bold=True, centre=True).at(
        105, 53, "prononcé le ", lettered(Field.ISSUED_ON, day), centre=True
    )
    y = draft.paragraph(
        15,
        66,
        178,
        f"PAR CES MOTIFS, le juge prononce le divorce de {mother.civility} {mother.capital} et {father.civility} {father.capital} ;",
    )
    y = draft.paragraph(
        15,
        y + 2,
        178,
        "rappelle que l'autorité parentale est exercée",
        said(Field.AUTHORITY, "en commun", "joint"),
        "par les deux parents ;",
    )
    draft.paragraph(
        15,
        y + 2,
        178,
        "fixe la résidence habituelle des enfants chez",
        "M.",
        said(Field.CHILD_RESIDENCE, father.capital),
        ";",
    )
    return draft.paper(Kind.CUSTODY_JUDGMENT, "divorce")


def school_cover(case: Case) -> Paper:
    child = case.family.children[0]
    draft = case.draft()
    draft.at(15, 20, "Assureurs Unis de l'Orme", bold=True).at(
        15, 34, "ATTESTATION D'ASSURANCE", size=14, bold=True
    ).at(15, 41, "Responsabilité civile et individuelle accidents corporels - vie scolaire")
    y = draft.paragraph(15, 56, 178, "Nous attestons que l'enfant", whole(Field.HOLDER_NAME, child), "est garanti pour ses activités scolaires et extrascolaires pendant l'année scolaire",
                        said(Field.SCHOOL_YEAR, "2026-2027"), "(contrat n°", said(Field.REFERENCE, case.number(8)), ").")  # fmt: skip
    draft.at(15, y + 8, "Fait à Val-des-Tilleuls le ", numbered(Field.ISSUED_ON, case.day(4)))
    return draft.paper(Kind.SCHOOL_INSURANCE, "school_cover")


def lycee(case: Case) -> Paper:
    child = case.family.children[1]
    draft = case.draft()
    draft.at(15, 20, "Lycée du Quai aux Herbes", bold=True).at(
        105, 44, "ATTESTATION DE SCOLARITÉ", size=14, bold=True, centre=True
    )
    y = draft.paragraph(15, 60, 178, "Le proviseur soussigné atteste que", child.civility, said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}"), f"né(e) le {figures(child.born)}",
                        "est régulièrement inscrit dans l'établissement en classe de seconde, année scolaire", said(Field.SCHOOL_YEAR, "2026-2027"), ".")  # fmt: skip
    draft.fields[Field.HOLDER_BORN_ON.value] = child.born.isoformat()
    draft.at(15, y + 10, "Paris, le ", lettered(Field.ISSUED_ON, case.day(2, 20)))
    return draft.paper(Kind.SCHOOL_CERTIFICATE, "lycee")


def exeat(case: Case) -> Paper:
    child, left = case.family.children[0], case.day(50)
    draft = case.draft()
    draft.at(105, 30, "CERTIFICAT DE RADIATION (EXEAT)", size=14, bold=True, centre=True)
    draft.lines(15, 48, [("Élève : ", said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}")), ("Né(e) le : ", numbered(Field.HOLDER_BORN_ON, child.born)),
                         ("École : ", said(Field.SCHOOL_NAME, "École maternelle de l'Écluse")), ("a été radié(e) des registres le ", numbered(Field.VALID_FROM, left))], step=8)  # fmt: skip
    draft.at(15, 96, "La directrice")
    return draft.paper(Kind.CERTIFICATE_OF_REMOVAL, "exeat")


def lodging(case: Case) -> Paper:
    host, hosted, home, day = case.family.friend, case.family.father, case.family.home, case.day(8)
    draft = case.draft()
    draft.at(15, 24, f"{host.capital}").lines(15, 30, [home.street, f"{home.postcode} {home.town}"])
    draft.at(15, 54, "Objet : attestation d'hébergement", bold=True)
    draft.paragraph(15, 66, 178, f"Je, {host.e('soussigné', 'soussignée')}", whole(Field.HOST_NAME, host), ", certifie sur l'honneur héberger", hosted.civility, whole(Field.HOSTED_NAME, hosted),
                    "à mon domicile à titre gratuit depuis le", numbered(Field.VALID_FROM, case.day(150)), ".")  # fmt: skip
    draft.at(15, 100, "Fait à Paris, le ", numbered(Field.ISSUED_ON, day)).truth(
        street=home.street, postcode=home.postcode, town=home.town
    )
    return draft.paper(Kind.HOSTING_STATEMENT, "lodging")


def apart(case: Case) -> Paper:
    who, day = case.family.mother, case.day(8)
    draft = case.draft()
    draft.at(105, 30, "Attestation sur l'honneur de séparation", size=13, bold=True, centre=True)
    draft.paragraph(
        15,
        50,
        178,
        "Je soussignée",
        whole(Field.HOLDER_NAME, who),
        "certifie sur l'honneur",
        said(Field.STATEMENT, "vivre seule avec mes enfants depuis notre séparation"),
        ".",
    )
    draft.at(15, 80, "Fait à Paris, le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(Kind.SWORN_STATEMENT, "sworn_apart")


def paye(case: Case) -> Paper:
    who, home, day, net = case.family.father, case.family.home, case.day(2, 25), case.rng.randrange(1200, 2600)
    draft = case.draft()
    draft.at(15, 18, "BULLETIN DE PAYE", size=14, bold=True).at(15, 28, "Du 01/08/2026 au 31/08/2026")
    draft.fields[Field.PAY_MONTH.value] = "2026-08"
    draft.at(115, 40, f"{who.civility} ", said(Field.HOLDER_NAME, f"{who.family.upper()} {who.first.upper()}")).at(
        115, 46, street(home)
    ).at(115, 52, *town(home))
    draft.lines(15, 76, ["Salaire de base", "Cotisations salariales", "Net imposable"])
    draft.at(15, 104, "NET A PAYER AVANT IMPÔT SUR LE REVENU").at(160, 104, f"{net},11").at(
        15, 112, "NET PAYÉ EN EUROS"
    ).at(160, 112, said(Field.NET_PAY, f"{net - 20},11", str(net - 20)))
    draft.at(15, 122, "Paiement le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(Kind.PAYSLIP, "paye")


def job_seeker(case: Case) -> Paper:
    who, day = case.family.mother, case.day(4, 20)
    draft = case.draft()
    draft.at(15, 20, "francetravail.fr", size=12, bold=True).at(15, 36, "Attestation de situation", size=14, bold=True)
    draft.at(15, 48, "Nom et prénom : ", said(Field.HOLDER_NAME, f"{who.family.upper()} {who.first}"))
    draft.at(
        15, 58, "Vous êtes inscrite comme demandeur d'emploi depuis le ", lettered(Field.VALID_FROM, case.day(250)), "."
    )
    draft.at(15, 66, "Allocation d'aide au retour à l'emploi : 31,20 € par jour").at(
        15, 84, "Édité le ", numbered(Field.ISSUED_ON, day)
    )
    return draft.paper(Kind.UNEMPLOYMENT_STATEMENT, "job_seeker")


def death(case: Case) -> Paper:
    dead, died = case.family.friend, case.day(100)
    draft = case.draft()
    draft.at(15, 20, "VILLE DE VAL-DES-TILLEULS").at(105, 36, "BULLETIN DE DÉCÈS", size=14, bold=True, centre=True)
    draft.lines(15, 52, [("Nom de famille : ", said(Field.HOLDER_FAMILY_NAME, dead.family.upper())), ("Prénom(s) : ", said(Field.HOLDER_FIRST_NAMES, dead.given)),
                         ("Date de naissance : ", numbered(Field.HOLDER_BORN_ON, dead.born)), ("Date du décès : ", numbered(Field.DIED_ON, died)), "Lieu du décès : Val-des-Tilleuls"], step=8)  # fmt: skip
    return draft.paper(Kind.DEATH_CERTIFICATE, "death_bulletin")


def reminder(case: Case) -> Paper:
    draft = case.draft()
    draft.at(15, 20, "Caisse des écoles").at(15, 34, "Rappel : votre dossier est incomplet", size=14, bold=True)
    draft.paragraph(15, 48, 178, "Madame, Monsieur, votre dossier de quotient familial est incomplet. Merci de nous transmettre votre attestation de quotient familial "
                    f"ou votre avis d'impôt avant le {letters(case.day(1))}. Bien à vous.")  # fmt: skip
    return draft.paper(Kind.UNKNOWN, "reminder")


def marks(case: Case) -> Paper:
    draft = case.draft()
    draft.at(15, 20, "Collège de la Belle-Étoile").at(
        15, 34, "Bulletin du premier trimestre - année scolaire 2025-2026", size=13, bold=True
    )
    draft.lines(
        15,
        48,
        [
            f"Élève : {case.family.children[0].capital}",
            "Français 14,5",
            "Mathématiques 12",
            "Histoire 15",
            "Appréciation : bon trimestre",
        ],
    )
    return draft.paper(Kind.UNKNOWN, "marks")


LAYOUTS: dict[str, Layout] = {
    "water": water, "contract": contract, "tax_social": tax, "quotient_short": quotient, "birth_columns": birth, "book_page": book,
    "resident_card": receipt, "vaccines": vaccines, "divorce": divorce, "school_cover": school_cover, "lycee": lycee, "exeat": exeat,
    "lodging": lodging, "sworn_apart": apart, "paye": paye, "job_seeker": job_seeker, "death_bulletin": death, "reminder": reminder, "marks": marks,
}  # fmt: skip
