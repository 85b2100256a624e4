"""Income tax notices: the notice of assessment, its older form, and the statement before assessment (ASDIR)."""

from connectors.sandbox.papers.datamatrix import data_matrix
from connectors.sandbox.papers.tax_notice import TAX_NOTICE
from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, euros, numbered, street, town
from tests.assets.papers.drawing import Draft, Paper, said
from tests.assets.papers.people import Home, Person, figures

KIND = EvidenceType.TAX_NOTICE
_PARTS = (("1", "1"), ("1,5", "1.5"), ("2", "2"), ("2,25", "2.25"), ("2,5", "2.5"), ("3", "3"), ("3,00", "3"))
YEAR = 2025


def notice(case: Case, *, income: int | None = None, sealed: bool = True, one: Person | None = None) -> Paper:
    """The first page of a notice, as a couple gets it."""
    one, two, home, day = one or case.family.mother, case.family.father, case.family.home, case.day(20)
    income = income or case.rng.randrange(8_000, 96_000)
    printed, parts = case.rng.choice(_PARTS)
    draft = case.draft()
    draft.at(15, 15, "DIRECTION GÉNÉRALE DES FINANCES PUBLIQUES", size=8, bold=True)
    draft.at(15, 20, "SIP PARIS 12E - 2 RUE DES FINANCES - 75599 PARIS CEDEX 12", size=8)
    draft.at(105, 35, f"AVIS D'IMPÔT {YEAR + 1}", size=16, bold=True, centre=True)
    draft.at(105, 42, "Impôt sur les revenus de l'année ", said(Field.INCOME_YEAR, str(YEAR)), size=12, centre=True)
    names = f"{one.family.upper()} {one.first} ET {two.family.upper()} {two.first}"
    draft.at(112, 56, names[:46], size=9.5).at(112, 62, street(home), size=9.5).at(112, 68, *town(home), size=9.5)
    draft.at(15, 56, "Vos références", bold=True)
    draft.lines(15, 62, [
        ("Déclarant 1 : ", said(Field.DECLARANT_1, f"{one.family.upper()} {one.first}")),
        ("Numéro fiscal : 30 23 ", _spi(case)),
        ("Déclarant 2 : ", said(Field.DECLARANT_2, f"{two.family.upper()} {two.first}")),
        ("Référence de l'avis : ", f"26 75 {case.number(9)}"),
    ], size=9)  # fmt: skip
    draft.bar(15, 96, 180, 22, grey=0.92)
    draft.at(18, 103, "Revenu fiscal de référence").at(
        150, 103, said(Field.REFERENCE_INCOME, euros(income), str(income)), " €"
    )
    draft.at(18, 110, "Nombre de parts").at(150, 110, said(Field.PARTS, printed, parts))
    draft.at(18, 117, "Impôt sur le revenu net").at(150, 117, f"{euros(income // 11)} €")
    draft.at(15, 130, "Date d'établissement : ", numbered(Field.ISSUED_ON, day))
    draft.at(15, 137, "Date de mise en recouvrement : ", numbered(Field.ISSUED_ON, day))
    draft.paragraph(15, 150, 178, "Cet avis tient compte du prélèvement à la source. Vous pouvez le vérifier sur impots.gouv.fr, "
                    "service de vérification des avis. Conservez ce document, il pourra vous être demandé.", size=9)  # fmt: skip
    draft.at(15, 285, "Page 1 / 4", size=8)
    if sealed and case.authority is not None:
        _seal(draft, case, (one, two), home, (income, printed), day)
    return draft.paper(KIND, "notice")


def older(case: Case) -> Paper:
    """The table of an older notice: one declarant, columns."""
    one, home, day = case.family.father, case.family.home, case.day(30)
    income = case.rng.randrange(6_000, 60_000)
    printed, parts = case.rng.choice(_PARTS)
    draft = case.draft()
    draft.at(15, 18, f"Avis d'impôt sur les revenus de {YEAR}", size=15, bold=True)
    draft.fields[Field.INCOME_YEAR.value] = str(YEAR)
    draft.at(15, 26, "établi en 2026 par la Direction générale des Finances publiques", size=9)
    draft.at(110, 45, f"{one.civility} ", said(Field.DECLARANT_1, one.capital)).at(110, 51, street(home)).at(
        110, 57, *town(home)
    )
    draft.lines(
        15, 80, ["Détail des revenus", "Salaires", "Déduction 10 % ou frais réels", "Revenu brut global"], step=7
    )
    for row, amount in enumerate((int(income * 1.11), income // 9, income)):
        draft.at(120, 87 + row * 7, euros(amount))
    draft.frame(15, 118, 180, 26)
    draft.at(18, 126, "Nombre de parts", bold=True).at(80, 126, "Revenu fiscal de référence", bold=True).at(
        150, 126, "Montant à payer", bold=True
    )
    draft.at(18, 136, said(Field.PARTS, printed, parts)).at(
        80, 136, said(Field.REFERENCE_INCOME, euros(income), str(income))
    )
    draft.at(150, 136, "0,00 €")
    draft.at(15, 156, "Mise en recouvrement le ", numbered(Field.ISSUED_ON, day))
    draft.at(15, 170, "Finances publiques - votre centre des impôts vous répond sur impots.gouv.fr", size=8)
    return draft.paper(KIND, "older_notice")


def declared(case: Case) -> Paper:
    """The statement a household gets before its notice (ASDIR)."""
    one, home, day = case.family.mother, case.family.home, case.day(60)
    income = case.rng.randrange(6_000, 60_000)
    printed, parts = case.rng.choice(_PARTS)
    draft = case.draft()
    draft.at(15, 18, "RÉPUBLIQUE FRANÇAISE", size=8).at(60, 18, "FINANCES PUBLIQUES", size=8, bold=True)
    draft.at(105, 34, "AVIS DE SITUATION DÉCLARATIVE À L'IMPÔT SUR LE REVENU", size=12, bold=True, centre=True)
    draft.at(105, 41, "Impôt sur les revenus de l'année ", said(Field.INCOME_YEAR, str(YEAR)), centre=True)
    draft.at(110, 58, f"{one.civility} ", said(Field.DECLARANT_1, f"{one.family.upper()} {one.first.upper()}"))
    draft.at(110, 64, street(home)).at(110, 70, *town(home))
    rows = (("Revenu fiscal de référence :", said(Field.REFERENCE_INCOME, euros(income), str(income)), " €"),
            ("Nombre de parts :", said(Field.PARTS, printed, parts), ""))  # fmt: skip
    for row, (label, value, unit) in enumerate(rows):
        draft.at(18, 95 + row * 8, label).at(120, 95 + row * 8, value, unit)
    draft.at(15, 122, "Date d'établissement de l'avis : ", numbered(Field.ISSUED_ON, day))
    draft.paragraph(15, 136, 178, "Ce document reprend les éléments de votre déclaration de revenus. Il ne constitue pas un avis "
                    "d'imposition. Foyer fiscal déclaré en ligne.", size=9)  # fmt: skip
    return draft.paper(KIND, "declared")


def _spi(case: Case) -> str:
    """Return the rest of a tax number whose key holds (the first ten digits by 511), as pages print it."""
    ten = "3023" + case.number(6)
    key = f"{int(ten) % 511:03d}"
    return f"{ten[4:7]} {ten[7:10]} {key}"


def _seal(
    draft: Draft, case: Case, people: tuple[Person, Person], home: Home, money: tuple[int, str], day: object
) -> None:
    assert case.authority is not None
    one, two = people
    income, printed = money
    fields = {
        "43": printed, "44": "2675" + case.number(9), "45": str(YEAR), "46": f"{one.family} {one.first}",
        "48": f"{two.family} {two.first}", "4A": figures(day, ""), "41": str(income),
        "4Y": f"{home.street} {home.postcode} {home.town}",
    }  # fmt: skip
    draft.picture(data_matrix(case.authority.seal(TAX_NOTICE, fields, issued_on=day)), 155, 225, 40)


LAYOUTS: dict[str, Layout] = {"notice": notice, "older_notice": older, "declared": declared}
