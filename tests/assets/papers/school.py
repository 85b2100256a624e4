"""Papers of pupils: insurance, school certificate, certificate of removal; and their vaccinations."""

from datetime import date, timedelta

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, lettered, numbered, whole
from tests.assets.papers.drawing import Paper, said
from tests.assets.papers.people import figures

INSURANCE, CERTIFICATE = EvidenceType.SCHOOL_INSURANCE, EvidenceType.SCHOOL_CERTIFICATE
REMOVAL, VACCINATION = EvidenceType.CERTIFICATE_OF_REMOVAL, EvidenceType.VACCINATION_RECORD
YEAR, SCHOOL = "2026-2027", "École élémentaire des Tilleuls"


def insurance(case: Case) -> Paper:
    """A certificate in sentences."""
    child, day = case.family.children[0], case.day(5, 20)
    draft = case.draft()
    draft.at(15, 20, "Mutuelle Écoliers de Seine", size=14, bold=True).at(
        15, 26, "Société d'assurance mutuelle - 75099 PARIS CEDEX", size=8
    )
    draft.at(105, 46, "ATTESTATION D'ASSURANCE SCOLAIRE", size=15, bold=True, centre=True)
    draft.at(105, 54, "Année scolaire ", said(Field.SCHOOL_YEAR, "2026/2027", YEAR), centre=True)
    y = draft.paragraph(
        15, 68, 178, "La Mutuelle Écoliers de Seine atteste que l'élève", whole(Field.HOLDER_NAME, child), f", {child.e('né', 'née')} le",
        numbered(Field.HOLDER_BORN_ON, child.born), ", bénéficie d'un contrat couvrant les activités scolaires et extra-scolaires : "
        "responsabilité civile (dommages causés aux tiers) et individuelle accident."
    )  # fmt: skip
    draft.at(15, y + 5, "Contrat n° ", said(Field.REFERENCE, case.number(9)))
    draft.at(
        15,
        y + 12,
        "Garanties valables du ",
        numbered(Field.VALID_FROM, date(2026, 9, 1)),
        " jusqu'au ",
        numbered(Field.VALID_UNTIL, date(2027, 8, 31)),
    )
    draft.at(15, y + 26, "Fait à Paris, le ", lettered(Field.ISSUED_ON, day))
    return draft.paper(INSURANCE, "insurance_sentence")


def insurance_table(case: Case) -> Paper:
    """A certificate as a form."""
    child, day = case.family.children[1], case.day(5, 20)
    draft = case.draft()
    draft.bar(0, 0, 210, 16).at(15, 11, "Assurances Belle-Étoile", size=13, bold=True)
    draft.at(15, 32, "Attestation scolaire et extrascolaire", size=14, bold=True)
    rows = (
        ("Sociétaire :", case.family.mother.capital), ("N° de sociétaire :", said(Field.REFERENCE, case.number(7))),
        ("Enfant assuré :", whole(Field.HOLDER_NAME, child)), ("Date de naissance :", numbered(Field.HOLDER_BORN_ON, child.born)),
        ("Année scolaire :", said(Field.SCHOOL_YEAR, YEAR)), ("Date d'effet :", numbered(Field.VALID_FROM, date(2026, 9, 1))),
        ("Date d'échéance :", numbered(Field.VALID_UNTIL, date(2027, 8, 31))),
    )  # fmt: skip
    for row, (label, value) in enumerate(rows):
        draft.at(15, 48 + row * 8, label).at(75, 48 + row * 8, value)
    draft.at(15, 112, "Garanties : responsabilité civile, individuelle accident, assistance.")
    draft.at(15, 126, "Établie le ", numbered(Field.ISSUED_ON, day), " pour servir et valoir ce que de droit.")
    return draft.paper(INSURANCE, "insurance_form")


def certificate(case: Case) -> Paper:
    """A school certificate in sentences."""
    child, day = case.family.children[0], case.day(1, 25)
    draft = case.draft()
    draft.at(15, 18, "ACADÉMIE DE SEINE-ET-TILLEULS", size=9).at(15, 24, SCHOOL, size=11, bold=True).at(
        15, 30, "9 rue de l'Écluse, 75012 Paris", size=9
    )
    draft.at(105, 50, "CERTIFICAT DE SCOLARITÉ", size=16, bold=True, centre=True)
    draft.at(105, 58, "Année scolaire ", said(Field.SCHOOL_YEAR, "2026-2027", YEAR), centre=True)
    y = draft.paragraph(
        15, 74, 178, "Je soussignée, Solange Orme, directrice de l'école, certifie que l'élève", whole(Field.HOLDER_NAME, child),
        f", {child.e('né', 'née')} le", lettered(Field.HOLDER_BORN_ON, child.born), f"à {child.birthplace}, est {child.e('inscrit', 'inscrite')} à l'",
        said(Field.SCHOOL_NAME, SCHOOL), ", en classe de CE2, pour l'année scolaire 2026-2027."
    )  # fmt: skip
    draft.at(15, y + 8, "Certificat délivré pour servir et valoir ce que de droit.")
    draft.at(110, y + 22, "Fait à Paris, le ", numbered(Field.ISSUED_ON, day)).at(
        110, y + 29, "La directrice de l'école"
    )
    return draft.paper(CERTIFICATE, "certificate_sentence")


def certificate_form(case: Case) -> Paper:
    """A school certificate as software prints it."""
    child, day = case.family.children[1], case.day(1, 25)
    draft = case.draft()
    draft.at(15, 20, "Certificat de scolarité", size=15, bold=True)
    rows = (
        ("Établissement :", said(Field.SCHOOL_NAME, "Collège de la Belle-Étoile")), ("Année scolaire :", said(Field.SCHOOL_YEAR, "2026 - 2027", YEAR)),
        ("Élève :", said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}")), ("Né(e) le :", numbered(Field.HOLDER_BORN_ON, child.born)),
        ("Classe :", "6e B"), ("Régime :", "Demi-pensionnaire"),
    )  # fmt: skip
    for row, (label, value) in enumerate(rows):
        draft.at(20, 40 + row * 8, label).at(75, 40 + row * 8, value)
    draft.paragraph(
        20,
        98,
        170,
        "Le chef d'établissement certifie que l'élève désigné ci-dessus est inscrit dans l'établissement pour l'année scolaire en cours.",
    )
    draft.at(20, 118, "Délivré le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(CERTIFICATE, "certificate_form")


def removal(case: Case) -> Paper:
    """A certificate of removal in sentences."""
    child, left = case.family.children[0], case.day(40, 20)
    draft = case.draft()
    draft.at(15, 18, SCHOOL, bold=True).at(15, 24, "Circonscription de Seine-et-Tilleuls", size=9)
    draft.at(105, 46, "CERTIFICAT DE RADIATION", size=16, bold=True, centre=True)
    y = draft.paragraph(
        15, 62, 178, "La directrice de l'école soussignée certifie que l'élève", whole(Field.HOLDER_NAME, child), f", {child.e('né', 'née')} le",
        numbered(Field.HOLDER_BORN_ON, child.born), f", {child.e('inscrit', 'inscrite')} sur les registres de l'", said(Field.SCHOOL_NAME, SCHOOL),
        ", en classe de CE1, est", f"{child.e('radié', 'radiée')} de nos listes à compter du", numbered(Field.VALID_FROM, left), "."
    )  # fmt: skip
    draft.at(15, y + 6, "Motif : déménagement de la famille.")
    draft.at(110, y + 20, "Fait à Paris, le ", numbered(Field.ISSUED_ON, left))
    return draft.paper(REMOVAL, "removal_sentence")


def removal_form(case: Case) -> Paper:
    """A certificate of removal as a form."""
    child, left = case.family.children[1], case.day(40, 20)
    draft = case.draft()
    draft.at(15, 20, "Certificat de radiation", size=15, bold=True).at(
        15, 27, "Éducation nationale - premier degré", size=9
    )
    rows = (
        ("Nom de l'école :", said(Field.SCHOOL_NAME, "École polyvalente du Quai")), ("Nom et prénom de l'élève :", said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}")),
        ("Date de naissance :", numbered(Field.HOLDER_BORN_ON, child.born)), ("Année scolaire :", said(Field.SCHOOL_YEAR, "2025-2026")),
        ("Niveau :", "CM1"), ("Date de radiation :", numbered(Field.VALID_FROM, left)),
    )  # fmt: skip
    for row, (label, value) in enumerate(rows):
        draft.at(15, 42 + row * 8, label).at(85, 42 + row * 8, value)
    draft.at(15, 102, "Le directeur de l'école").at(
        110, 102, "Le : ", numbered(Field.ISSUED_ON, left + timedelta(days=1))
    )
    return draft.paper(REMOVAL, "removal_form")


def health_book(case: Case) -> Paper:
    """The page of vaccinations of a child's health record."""
    child = case.family.children[0]
    doses = [child.born + timedelta(days=days) for days in (61, 122, 335, 2220)]
    due = doses[-1].replace(year=doses[-1].year + 5, day=1)
    draft = case.draft()
    draft.at(15, 18, "CARNET DE SANTÉ", size=14, bold=True).at(110, 18, "Vaccinations", size=14, bold=True)
    draft.at(15, 30, "Nom et prénom : ", said(Field.HOLDER_NAME, f"{child.family.upper()} {child.first}")).at(
        120, 30, "Né(e) le : ", numbered(Field.HOLDER_BORN_ON, child.born)
    )
    draft.bar(15, 38, 180, 8).at(17, 44, "Vaccin", bold=True).at(85, 44, "Date", bold=True).at(
        120, 44, "Numéro de lot", bold=True
    ).at(160, 44, "Cachet", bold=True)
    names = (
        "DTCaP Hib Hépatite B (1re dose)",
        "DTCaP Hib Hépatite B (2e dose)",
        "DTCaP Hib Hépatite B (rappel)",
        "DTCaP (rappel 6 ans)",
    )
    for row, (name, day) in enumerate(zip(names, doses, strict=True)):
        last = row == len(doses) - 1
        draft.at(17, 54 + row * 9, name).at(
            85, 54 + row * 9, numbered(Field.DTP_LAST_DOSE_ON, day) if last else figures(day)
        )
        draft.at(120, 54 + row * 9, f"A{case.number(5)}").at(160, 54 + row * 9, "Dr Orme")
    draft.at(17, 92, "Rougeole-Oreillons-Rubéole").at(85, 92, figures(child.born + timedelta(days=370))).at(
        17, 101, "Pneumocoque, Méningocoque C"
    ).at(85, 101, figures(doses[1]))
    draft.at(15, 116, "Diphtérie - Tétanos - Poliomyélite : prochain rappel le ", numbered(Field.DTP_NEXT_DOSE_ON, due))
    return draft.paper(VACCINATION, "health_book")


def vaccination(case: Case) -> Paper:
    """A doctor's certificate."""
    child, day = case.family.children[1], case.day(20)
    last, due = (
        child.born.replace(year=child.born.year + 6, day=2),
        child.born.replace(year=child.born.year + 11, day=2),
    )
    draft = case.draft()
    draft.at(15, 20, "Docteur Solange Orme", bold=True).at(
        15, 26, "Médecine générale - 3 rue du Four-à-Chaux, 75012 Paris", size=9
    )
    draft.at(105, 48, "CERTIFICAT DE VACCINATION", size=15, bold=True, centre=True)
    y = draft.paragraph(
        15, 64, 178, "Je soussignée, docteur en médecine, certifie que l'enfant", whole(Field.HOLDER_NAME, child), f", {child.e('né', 'née')} le",
        numbered(Field.HOLDER_BORN_ON, child.born), ", est à jour de ses vaccinations obligatoires."
    )  # fmt: skip
    draft.at(
        15, y + 6, "Diphtérie, tétanos, poliomyélite : dernière injection le ", numbered(Field.DTP_LAST_DOSE_ON, last)
    )
    draft.at(15, y + 13, "Prochain rappel : ", numbered(Field.DTP_NEXT_DOSE_ON, due))
    draft.at(15, y + 20, f"Rougeole, oreillons, rubéole : {figures(child.born + timedelta(days=400))}")
    draft.at(110, y + 36, "Fait à Paris, le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(VACCINATION, "vaccination_certificate")


LAYOUTS: dict[str, Layout] = {
    "insurance_sentence": insurance, "insurance_form": insurance_table, "certificate_sentence": certificate,
    "certificate_form": certificate_form, "removal_sentence": removal, "removal_form": removal_form,
    "health_book": health_book, "vaccination_certificate": vaccination,
}  # fmt: skip
