"""Certificates of the family benefits funds (CAF, MSA) with the quotient familial."""

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, euros, lettered, numbered, street, town
from tests.assets.papers.drawing import Draft, Paper, said
from tests.assets.papers.people import MONTHS, figures

KIND = EvidenceType.QUOTIENT_FAMILIAL


def caf(case: Case) -> Paper:
    """The certificate downloaded from the fund's site: address, quotient in a sentence, children in a list."""
    holder, home, day = case.family.mother, case.family.home, case.day(5)
    draft = case.draft()
    draft.at(15, 20, "allocations", size=10).at(15, 26, "familiales", size=16, bold=True).at(
        15, 33, "Caf de Val-des-Tilleuls", size=9
    )
    draft.at(15, 38, "Caisse d'allocations familiales", size=9)
    draft.at(
        115,
        44,
        f"{holder.e('MONSIEUR', 'MADAME')} ",
        said(Field.HOLDER_NAME, f"{holder.family.upper()} {holder.first.upper()}"),
    )
    draft.at(115, 50, street(home)).at(115, 56, *town(home))
    draft.at(15, 72, "N° allocataire : ", case.number(7))
    draft.at(105, 86, "Attestation de quotient familial", size=15, bold=True, centre=True)
    quotient = _quotient(draft, case, day.year, day.month)
    y = draft.paragraph(
        15, 100, 178, "Le directeur de la Caisse d'allocations familiales atteste que, pour le mois de", quotient[1],
        ", votre quotient familial s'élève à", quotient[0], "euros."
    )  # fmt: skip
    draft.at(15, y + 4, "Enfants à charge au sens des prestations familiales :")
    y = _children(draft, case, y + 11)
    draft.at(15, y + 8, "Fait à Val-des-Tilleuls, le ", lettered(Field.ISSUED_ON, day))
    draft.at(
        15, y + 20, "Toute fausse déclaration est passible de sanctions. Vérifiez cette attestation sur caf.fr.", size=8
    )
    return draft.paper(KIND, "caf")


def caf_payment(case: Case) -> Paper:
    """The payment certificate, with the quotient in a table."""
    holder, home, day = case.family.father, case.family.home, case.day(8)
    draft = case.draft()
    draft.bar(0, 0, 210, 14, grey=0.8).at(15, 10, "Caf - Caisse d'Allocations Familiales de L'Orme", bold=True)
    draft.at(15, 30, "Attestation de paiement et de quotient familial", size=14, bold=True)
    draft.lines(
        15,
        42,
        [
            ("Allocataire : ", f"{holder.civility} ", said(Field.HOLDER_NAME, holder.capital)),
            (street(home),),
            town(home),
        ],
    )
    quotient = _quotient(draft, case, day.year, day.month)
    draft.frame(15, 70, 180, 16).at(18, 77, "Mois de référence").at(100, 77, "Quotient familial")
    draft.at(18, 83, quotient[1]).at(100, 83, quotient[0], " €")
    draft.lines(15, 98, ["Prestations versées :", "Allocations familiales  148,52 €", "Aide au logement  212,00 €"])
    draft.at(15, 124, "Enfant(s) :")
    y = _children(draft, case, 131)
    draft.at(15, y + 8, "Attestation établie le ", numbered(Field.ISSUED_ON, day))
    return draft.paper(KIND, "caf_payment")


def msa(case: Case) -> Paper:
    """The certificate of the farmers' fund."""
    holder, home, day = case.family.mother, case.family.home, case.day(6)
    draft = case.draft()
    draft.at(15, 20, "MSA Seine-et-Tilleuls", size=16, bold=True).at(15, 26, "Mutualité sociale agricole", size=9)
    draft.at(15, 46, "ATTESTATION DE QUOTIENT FAMILIAL", size=14, bold=True)
    draft.at(15, 58, "Nom et prénom : ", said(Field.HOLDER_NAME, f"{holder.family.upper()} {holder.first}"))
    draft.at(15, 64, "Adresse : ", street(home), ", ", *town(home))
    quotient = _quotient(draft, case, day.year, day.month)
    draft.at(15, 80, "Montant du quotient familial : ", quotient[0], " €")
    draft.at(15, 87, "au titre du mois de ", quotient[1])
    draft.at(15, 100, "Composition de la famille :")
    y = _children(draft, case, 107)
    draft.at(15, y + 8, f"Fait à {home.town}, le ", numbered(Field.ISSUED_ON, day))
    draft.at(15, y + 20, "Attestation délivrée pour servir et faire valoir ce que de droit. www.msa.fr", size=8)
    return draft.paper(KIND, "msa")


def _quotient(draft: Draft, case: Case, year: int, month: int) -> tuple[object, object]:
    amount = case.rng.choice((case.rng.randrange(90, 999), case.rng.randrange(1000, 3600)))
    printed = f"{MONTHS[month - 1]} {year}"
    return (
        said(Field.QUOTIENT_FAMILIAL, euros(amount), str(amount)),
        said(Field.QUOTIENT_MONTH, printed, f"{year}-{month:02d}"),
    )


def _children(draft: Draft, case: Case, y: float) -> float:
    told = []
    for child in case.family.children:
        draft.at(20, y, f"- {child.family.upper()} {child.first}, {child.e('né', 'née')} le {figures(child.born)}")
        told.append(f"{child.family.upper()}/{child.first}/{child.born.isoformat()}")
        y += 6.5
    draft.fields[Field.CHILDREN.value] = "|".join(told)
    return y


LAYOUTS: dict[str, Layout] = {"caf": caf, "caf_payment": caf_payment, "msa": msa}
