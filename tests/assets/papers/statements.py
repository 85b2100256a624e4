"""What people state and judges decide: hosting and sworn statements, extracts of judgments of the family judge."""

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, lettered, numbered, street, town, whole
from tests.assets.papers.drawing import Paper, said
from tests.assets.papers.people import figures, letters

HOSTING, SWORN, JUDGMENT = EvidenceType.HOSTING_STATEMENT, EvidenceType.SWORN_STATEMENT, EvidenceType.CUSTODY_JUDGMENT


def hosting(case: Case) -> Paper:
    """The usual letter."""
    host, hosted, home, day = case.family.friend, case.family.mother, case.family.home, case.day(10)
    since = case.day(200)
    draft = case.draft()
    draft.at(105, 28, "ATTESTATION D'HÉBERGEMENT", size=15, bold=True, centre=True)
    y = draft.paragraph(
        20, 48, 170, f"Je {host.e('soussigné', 'soussignée')}", f"{host.civility}", whole(Field.HOST_NAME, host), f", {host.e('né', 'née')} le {figures(host.born)} à {host.birthplace}, demeurant",
        street(home), ",", *[piece for piece in town(home) if piece != " "], ", atteste sur l'honneur héberger à mon domicile", f"{hosted.civility}", whole(Field.HOSTED_NAME, hosted),
        f", {hosted.e('né', 'née')} le {figures(hosted.born)}, et ses enfants, depuis le", numbered(Field.VALID_FROM, since), "."
    )  # fmt: skip
    y = draft.paragraph(
        20,
        y + 4,
        170,
        "Pour servir et valoir ce que de droit. J'ai connaissance que toute fausse déclaration est punie (article 441-7 du code pénal).",
    )
    draft.at(110, y + 12, f"Fait à {home.town}, le ", lettered(Field.ISSUED_ON, day)).at(110, y + 20, "Signature")
    return draft.paper(HOSTING, "hosting_letter")


def hosting_form(case: Case) -> Paper:
    """The form of a town hall."""
    host, hosted, home, day = case.family.friend, case.family.father, case.family.home, case.day(10)
    draft = case.draft()
    draft.at(15, 20, "Attestation sur l'honneur d'hébergement", size=15, bold=True)
    draft.at(15, 36, "HÉBERGEANT", bold=True)
    draft.lines(
        15, 44, [("Je soussigné(e) : ", whole(Field.HOST_NAME, host)), ("Adresse : ", street(home), ", ", *town(home))]
    )
    draft.at(15, 64, "PERSONNE HÉBERGÉE", bold=True)
    draft.lines(
        15,
        72,
        [
            ("certifie héberger à mon domicile : ", whole(Field.HOSTED_NAME, hosted)),
            ("depuis le ", numbered(Field.VALID_FROM, case.day(300))),
        ],
    )
    draft.at(15, 96, "Fait à ", home.town, " le ", numbered(Field.ISSUED_ON, day)).at(
        15, 106, "Signature de l'hébergeant :"
    )
    return draft.paper(HOSTING, "hosting_form")


def sworn(case: Case) -> Paper:
    """A sworn statement of residence."""
    who, home, day = case.family.mother, case.family.home, case.day(6, 20)
    draft = case.draft()
    draft.at(105, 30, "ATTESTATION SUR L'HONNEUR", size=16, bold=True, centre=True)
    y = draft.paragraph(
        20, 50, 170, f"Je {who.e('soussigné', 'soussignée')},", whole(Field.HOLDER_NAME, who), f", {who.e('né', 'née')} le {letters(who.born)}, demeurant", street(home), ",",
        *[piece for piece in town(home) if piece != " "], ", atteste sur l'honneur", said(Field.STATEMENT, "résider à l'adresse indiquée ci-dessus avec mes enfants"), "."
    )  # fmt: skip
    y = draft.paragraph(
        20,
        y + 4,
        170,
        "J'ai connaissance que la présente attestation peut être produite en justice et que toute fausse déclaration de ma part m'expose à des sanctions pénales.",
    )
    draft.at(110, y + 12, f"Fait à {home.town}, le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(SWORN, "sworn_residence")


def sworn_form(case: Case) -> Paper:
    """A declaration on honour about authority over a child."""
    who, home, day = case.family.father, case.family.home, case.day(6, 20)
    draft = case.draft()
    draft.at(15, 22, "Déclaration sur l'honneur", size=15, bold=True)
    draft.lines(
        15,
        40,
        [
            (f"Je {who.e('soussigné', 'soussignée')} ", whole(Field.HOLDER_NAME, who)),
            ("demeurant ", street(home), " ", *town(home)),
        ],
    )
    y = draft.paragraph(
        15,
        60,
        175,
        "déclare sur l'honneur",
        said(Field.STATEMENT, f"être le représentant légal de l'enfant {case.family.children[0].capital}"),
        ".",
    )
    draft.at(15, y + 6, "Fait pour valoir ce que de droit.").at(
        15, y + 18, "Fait le ", lettered(Field.ISSUED_ON, day), f" à {home.town}"
    )
    return draft.paper(SWORN, "sworn_authority")


def judgment(case: Case) -> Paper:
    """The operative part: joint authority, the child lives with one parent."""
    mother, father, day = case.family.mother, case.family.father, case.day(300, 300)
    draft = case.draft()
    draft.at(15, 18, "TRIBUNAL JUDICIAIRE DE VAL-DES-TILLEULS", bold=True).at(
        15, 24, "Chambre de la famille - Juge aux affaires familiales", size=9
    )
    draft.at(15, 34, "N° RG ", said(Field.REFERENCE, f"25/{case.number(5)}")).at(120, 34, "MINUTE N° ", case.number(3))
    draft.at(105, 48, "JUGEMENT", size=15, bold=True, centre=True).at(
        105, 55, "rendu le ", lettered(Field.ISSUED_ON, day), centre=True
    )
    draft.at(105, 63, "AU NOM DU PEUPLE FRANÇAIS", centre=True)
    y = draft.paragraph(
        15, 76, 178, f"Entre : Madame {mother.capital}, demanderesse, et Monsieur {father.capital}, défendeur."
    )
    draft.at(105, y + 6, "PAR CES MOTIFS", bold=True, centre=True)
    y = draft.paragraph(
        15, y + 16, 178, "DIT que l'autorité parentale sur l'enfant", f"{case.family.children[0].capital} est exercée", said(Field.AUTHORITY, "conjointement", "joint"),
        "par les deux parents ;"
    )  # fmt: skip
    y = draft.paragraph(
        15,
        y + 2,
        178,
        "FIXE la résidence habituelle de l'enfant au domicile de Madame",
        said(Field.CHILD_RESIDENCE, mother.capital),
        ";",
    )
    y = draft.paragraph(
        15,
        y + 2,
        178,
        f"DIT que Monsieur {father.capital} exercera son droit de visite et d'hébergement les premières fins de semaine ; FIXE la contribution à l'entretien et à l'éducation à 180 euros par mois.",
    )
    draft.at(15, y + 8, "Le greffier").at(120, y + 8, "Le juge aux affaires familiales")
    return draft.paper(JUDGMENT, "judgment_joint")


def judgment_sole(case: Case) -> Paper:
    """An order: sole authority."""
    mother, father, day = case.family.mother, case.family.father, case.day(200, 300)
    draft = case.draft()
    draft.at(15, 18, "COUR D'APPEL DE SEINE-ET-TILLEULS", size=9).at(15, 24, "TRIBUNAL JUDICIAIRE DE PARIS", bold=True)
    draft.at(15, 33, "RG n° ", said(Field.REFERENCE, f"24/{case.number(5)}"))
    draft.at(105, 46, "ORDONNANCE DU JUGE AUX AFFAIRES FAMILIALES", size=12, bold=True, centre=True)
    draft.at(105, 53, "Ordonnance du ", lettered(Field.ISSUED_ON, day), centre=True)
    y = draft.paragraph(
        15,
        68,
        178,
        f"Dans l'affaire opposant Madame {mother.capital} à Monsieur {father.capital}, le juge, statuant publiquement, PAR CES MOTIFS,",
    )
    y = draft.paragraph(
        15,
        y + 3,
        178,
        "DIT que l'autorité parentale sera exercée",
        said(Field.AUTHORITY, "exclusivement", "sole"),
        "par Madame",
        said(Field.HOLDER_NAME, mother.capital),
        ";",
    )
    y = draft.paragraph(
        15, y + 3, 178, "FIXE la résidence de l'enfant chez Madame", said(Field.CHILD_RESIDENCE, mother.capital), ";"
    )
    draft.paragraph(15, y + 3, 178, "RÉSERVE le droit de visite et d'hébergement du père.")
    return draft.paper(JUDGMENT, "judgment_sole")


def judgment_alternating(case: Case) -> Paper:
    """A judgment with two homes."""
    mother, father, day = case.family.mother, case.family.father, case.day(200, 300)
    draft = case.draft()
    draft.at(105, 20, "TRIBUNAL JUDICIAIRE DE L'ORME", size=12, bold=True, centre=True)
    draft.at(15, 32, "Répertoire général : ", said(Field.REFERENCE, f"25/{case.number(5)}")).at(
        15, 39, "Jugement du ", numbered(Field.ISSUED_ON, day)
    )
    draft.at(15, 46, "Le juge aux affaires familiales, au nom du peuple français,")
    y = draft.paragraph(15, 58, 178, f"Entre Madame {mother.capital} et Monsieur {father.capital}.")
    draft.at(15, y + 4, "PAR CES MOTIFS", bold=True)
    y = draft.paragraph(
        15,
        y + 12,
        178,
        "CONSTATE l'exercice",
        said(Field.AUTHORITY, "en commun", "joint"),
        "de l'autorité parentale par les parents ;",
    )
    y = draft.paragraph(
        15,
        y + 3,
        178,
        "FIXE la résidence des enfants en",
        said(Field.CHILD_RESIDENCE, "alternance", "alternating"),
        "au domicile de chacun des parents, les semaines paires chez la mère et impaires chez le père ;",
    )
    draft.paragraph(15, y + 3, 178, "DIT n'y avoir lieu à pension alimentaire.")
    return draft.paper(JUDGMENT, "judgment_alternating")


LAYOUTS: dict[str, Layout] = {
    "hosting_letter": hosting, "hosting_form": hosting_form, "sworn_residence": sworn, "sworn_authority": sworn_form,
    "judgment_joint": judgment, "judgment_sole": judgment_sole, "judgment_alternating": judgment_alternating,
}  # fmt: skip
