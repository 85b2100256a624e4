"""Civil status: birth certificates (extract, full copy, the labelled one), the livret de famille, death certificates."""

from connectors.sandbox.papers.registry import TOWN_HALL
from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, lettered, numbered, worded
from tests.assets.papers.drawing import Paper, said
from tests.assets.papers.people import Person, figures, in_words, letters

BIRTH, BOOK, DEATH = EvidenceType.BIRTH_CERTIFICATE, EvidenceType.FAMILY_RECORD_BOOK, EvidenceType.DEATH_CERTIFICATE


def labelled(case: Case) -> Paper:
    """An extract that names each value in full."""
    child, day = case.family.children[0], case.day(40)
    draft = case.draft()
    draft.at(25, 25, "Extrait d'acte de naissance avec filiation", size=15, bold=True)
    draft.at(25, 40, f"Commune : {TOWN_HALL}")
    y = draft.lines(25, 55, [
        ("Nom de l'enfant : ", said(Field.CHILD_FAMILY_NAME, child.family.upper())),
        ("Prénom(s) de l'enfant : ", said(Field.CHILD_FIRST_NAMES, child.given)),
        ("Date de naissance : ", numbered(Field.CHILD_BORN_ON, child.born)),
        ("Lieu de naissance : ", said(Field.CHILD_BIRTHPLACE, child.birthplace)),
        "",
        ("Nom du parent 1 : ", said(Field.PARENT_1_FAMILY_NAME, case.family.mother.family.upper())),
        ("Prénom(s) du parent 1 : ", said(Field.PARENT_1_FIRST_NAMES, case.family.mother.given)),
        ("Nom du parent 2 : ", said(Field.PARENT_2_FAMILY_NAME, case.family.father.family.upper())),
        ("Prénom(s) du parent 2 : ", said(Field.PARENT_2_FIRST_NAMES, case.family.father.given)),
        "",
    ], step=7)  # fmt: skip
    draft.at(25, y + 4, "Délivré le : ", numbered(Field.ISSUED_ON, day))
    return draft.paper(BIRTH, "labelled_extract")


def extract(case: Case) -> Paper:
    """The extract with filiation as town halls print it: the child, then a block for each parent."""
    child, day = case.family.children[0], case.day(40)
    draft = case.draft()
    draft.at(15, 18, "DÉPARTEMENT DE SEINE-ET-TILLEULS", size=9).at(
        15, 24, f"COMMUNE DE {child.birthplace.upper()}", size=9
    )
    draft.at(105, 42, "EXTRAIT D'ACTE DE NAISSANCE", size=15, bold=True, centre=True)
    draft.at(105, 49, "(avec filiation)", centre=True)
    draft.at(15, 62, f"Année {child.born.year} - Acte n° {case.number(4)}")
    draft.at(15, 74, "Nom : ", said(Field.CHILD_FAMILY_NAME, child.family.upper()), bold=True)
    draft.at(15, 81, "Prénoms : ", said(Field.CHILD_FIRST_NAMES, child.given))
    draft.at(
        15,
        88,
        f"{child.e('Né', 'Née')} le ",
        lettered(Field.CHILD_BORN_ON, child.born),
        " à ",
        said(Field.CHILD_BIRTHPLACE, child.birthplace),
    )
    draft.at(15, 95, f"Sexe : {child.e('masculin', 'féminin')}")
    y = 108.0
    for heading, parent, family, given in (
        ("PÈRE", case.family.father, Field.PARENT_1_FAMILY_NAME, Field.PARENT_1_FIRST_NAMES),
        ("MÈRE", case.family.mother, Field.PARENT_2_FAMILY_NAME, Field.PARENT_2_FIRST_NAMES),
    ):
        draft.at(15, y, heading, bold=True)
        draft.at(20, y + 7, "Nom : ", said(family, parent.family.upper())).at(
            20, y + 14, "Prénoms : ", said(given, parent.given)
        )
        draft.at(20, y + 21, f"{parent.e('Né', 'Née')} le {letters(parent.born)} à {parent.birthplace}")
        y += 32
    draft.at(15, y + 6, "Mentions marginales : néant")
    draft.at(15, y + 18, f"Délivré à {child.birthplace}, le ", numbered(Field.ISSUED_ON, day))
    draft.at(15, y + 26, "L'officier de l'état civil")
    return draft.paper(BIRTH, "extract")


def full_copy(case: Case) -> Paper:
    """The full copy: sentences, dates in words, family names in capitals."""
    child, day = case.family.children[1], case.day(40)
    father, mother = case.family.father, case.family.mother
    draft = case.draft()
    draft.at(105, 20, "COPIE INTÉGRALE", size=14, bold=True, centre=True)
    draft.at(105, 28, f"ACTE DE NAISSANCE N° {case.number(4)}", size=12, bold=True, centre=True)
    draft.at(
        15, 42, "Commune de ", said(Field.CHILD_BIRTHPLACE, child.birthplace), ", département de Seine-et-Tilleuls."
    )
    y = draft.paragraph(
        15, 54, 178, "Le", worded(Field.CHILD_BORN_ON, child.born), f", à dix heures quinze minutes, est {child.e('né', 'née')} en notre commune, 4 place du Parc :",
        said(Field.CHILD_FIRST_NAMES, child.given), said(Field.CHILD_FAMILY_NAME, child.family.upper()), f", du sexe {child.e('masculin', 'féminin')},",
        f"{child.e('fils', 'fille')} de", said(Field.PARENT_1_FIRST_NAMES, father.given), said(Field.PARENT_1_FAMILY_NAME, father.family.upper()),
        f", né le {in_words(father.born)} à {father.birthplace}, artisan, et de", said(Field.PARENT_2_FIRST_NAMES, mother.given),
        said(Field.PARENT_2_FAMILY_NAME, mother.family.upper()), f", née le {in_words(mother.born)} à {mother.birthplace}, professeure, domiciliés {case.family.home.street}, {case.family.home.town}."
    )  # fmt: skip
    y = draft.paragraph(15, y + 4, 178, f"Dressé le {in_words(child.born)}, à seize heures, sur la déclaration du père, qui, lecture faite et "
                        "invité à lire l'acte, a signé avec Nous, Solange ORME, officier de l'état civil par délégation du maire.")  # fmt: skip
    draft.at(15, y + 8, "Mentions marginales : néant.")
    draft.at(15, y + 20, "Copie certifiée conforme, délivrée le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(BIRTH, "full_copy")


def book(case: Case) -> Paper:
    """Two pages of a livret de famille on one sheet: the parents side by side, the first child below."""
    draft = case.draft()
    draft.at(105, 18, "LIVRET DE FAMILLE", size=16, bold=True, centre=True)
    draft.at(105, 25, "RÉPUBLIQUE FRANÇAISE", size=9, centre=True)
    for x, heading, parent, family, given in (
        (15, "ÉPOUX OU PÈRE", case.family.father, Field.PARENT_1_FAMILY_NAME, Field.PARENT_1_FIRST_NAMES),
        (110, "ÉPOUSE OU MÈRE", case.family.mother, Field.PARENT_2_FAMILY_NAME, Field.PARENT_2_FIRST_NAMES),
    ):
        draft.at(x, 40, heading, bold=True)
        draft.at(x, 48, "Nom : ", said(family, parent.family.upper())).at(
            x, 55, "Prénoms : ", said(given, parent.given)
        )
        draft.at(x, 62, f"{parent.e('Né', 'Née')} le : {figures(parent.born)}").at(x, 69, f"à : {parent.birthplace}")
    _child_page(draft, case, "PREMIER ENFANT", case.family.children[0], 90)
    return draft.truth(children=_told(case.family.children[:1])).paper(BOOK, "book_first_child")


def book_two(case: Case) -> Paper:
    """The pages of two children, without the cover."""
    draft = case.draft()
    for heading, child, y in (
        ("PREMIER ENFANT", case.family.children[0], 25),
        ("DEUXIÈME ENFANT", case.family.children[1], 150),
    ):
        _child_page(draft, case, heading, child, y)
    return draft.truth(children=_told(case.family.children)).paper(BOOK, "book_children")


def book_marriage(case: Case) -> Paper:
    """The cover page and the extract of the marriage."""
    father, mother = case.family.father, case.family.mother
    draft = case.draft()
    draft.at(105, 40, "LIVRET DE FAMILLE", size=20, bold=True, centre=True)
    draft.at(105, 60, "EXTRAIT DE L'ACTE DE MARIAGE N° " + case.number(3), size=12, bold=True, centre=True)
    draft.at(15, 74, f"Célébré le {letters(case.family.children[0].born.replace(year=2010, day=1))} à Val-des-Tilleuls")
    draft.at(15, 90, "ÉPOUX", bold=True).at(110, 90, "ÉPOUSE", bold=True)
    draft.at(15, 98, "Nom de famille").at(110, 98, "Nom de famille")
    draft.at(15, 104, said(Field.PARENT_1_FAMILY_NAME, father.family.upper()), bold=True)
    draft.at(110, 104, said(Field.PARENT_2_FAMILY_NAME, mother.family.upper()), bold=True)
    draft.at(15, 112, "Prénoms").at(110, 112, "Prénoms")
    draft.at(15, 118, said(Field.PARENT_1_FIRST_NAMES, father.given)).at(
        110, 118, said(Field.PARENT_2_FIRST_NAMES, mother.given)
    )
    draft.at(15, 130, f"Né le {figures(father.born)}").at(110, 130, f"Née le {figures(mother.born)}")
    draft.at(15, 150, "Pour l'officier de l'état civil, le sceau de la mairie")
    return draft.paper(BOOK, "book_marriage")


def death_copy(case: Case) -> Paper:
    """The full copy of a death certificate."""
    dead, died, day = case.family.friend, case.day(90), case.day(10)
    draft = case.draft()
    draft.at(105, 22, f"ACTE DE DÉCÈS N° {case.number(3)}", size=14, bold=True, centre=True)
    draft.at(105, 29, "Copie intégrale", centre=True)
    y = draft.paragraph(
        15, 45, 178, "Le", worded(Field.DIED_ON, died), f", à vingt-deux heures, est {dead.e('décédé', 'décédée')} en son domicile, à Val-des-Tilleuls :",
        said(Field.HOLDER_FIRST_NAMES, dead.given), said(Field.HOLDER_FAMILY_NAME, dead.family.upper()), f", {dead.e('né', 'née')} le",
        lettered(Field.HOLDER_BORN_ON, dead.born), f"à {dead.birthplace}, retraitée, domiciliée {case.family.other_home.street}."
    )  # fmt: skip
    y = draft.paragraph(
        15,
        y + 4,
        178,
        "Dressé sur la déclaration de Jean ORME, qui, lecture faite, a signé avec Nous, officier de l'état civil.",
    )
    draft.at(15, y + 8, "Copie délivrée le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(DEATH, "death_copy")


def death_extract(case: Case) -> Paper:
    """The extract of a death certificate."""
    dead, died, day = case.family.friend, case.day(90), case.day(10)
    draft = case.draft()
    draft.at(15, 18, "MAIRIE DE VAL-DES-TILLEULS").at(
        105, 36, "EXTRAIT D'ACTE DE DÉCÈS", size=15, bold=True, centre=True
    )
    draft.lines(15, 54, [
        ("Nom : ", said(Field.HOLDER_FAMILY_NAME, dead.family.upper())), ("Prénoms : ", said(Field.HOLDER_FIRST_NAMES, dead.given)),
        (f"{dead.e('Né', 'Née')} le ", numbered(Field.HOLDER_BORN_ON, dead.born), f" à {dead.birthplace}"),
        ("Décédé(e) le ", numbered(Field.DIED_ON, died), " à Val-des-Tilleuls"),
        ("Délivré le ", numbered(Field.ISSUED_ON, day)), "L'officier de l'état civil",
    ], step=8)  # fmt: skip
    return draft.paper(DEATH, "death_extract")


def _child_page(draft, case: Case, heading: str, child: Person, y: float) -> None:
    draft.frame(12, y - 8, 185, 82).at(15, y, heading, bold=True)
    draft.at(15, y + 9, f"Extrait de l'acte de naissance n° {case.number(3)}")
    draft.at(15, y + 18, f"Nom : {child.family.upper()}").at(15, y + 26, f"Prénoms : {child.given}")
    draft.at(15, y + 34, f"{child.e('Né', 'Née')} le : {figures(child.born)}").at(15, y + 42, f"à : {child.birthplace}")
    draft.at(15, y + 54, "Délivré conforme aux registres. Pour l'officier de l'état civil (sceau)", size=9)


def _told(children: tuple[Person, ...]) -> str:
    return "|".join(f"{child.family.upper()}/{child.given}/{child.born.isoformat()}" for child in children)


LAYOUTS: dict[str, Layout] = {
    "labelled_extract": labelled, "extract": extract, "full_copy": full_copy,
    "book_first_child": book, "book_children": book_two, "book_marriage": book_marriage,
    "death_copy": death_copy, "death_extract": death_extract,
}  # fmt: skip
