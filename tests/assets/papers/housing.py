"""Proofs of address: bills of energy and internet, rent receipts, home insurance."""

from connectors.sandbox.papers.bill import BILL
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers.case import Case, Layout, numbered, street, town, whole
from tests.assets.papers.drawing import Draft, Paper, said
from tests.assets.papers.people import Home, Person, figures, letters

KIND = EvidenceType.PROOF_OF_ADDRESS


def electricity(case: Case, *, holder: Person | None = None, home: Home | None = None, sealed: bool = True) -> Paper:
    """A bill with the customer's address in the window of the envelope, and a 2D-Doc."""
    holder, home, day = holder or case.family.mother, home or case.family.home, case.day(20)
    draft = case.draft()
    draft.at(15, 20, "Lumière de Seine", size=18, bold=True).at(15, 27, "Fournisseur d'électricité et de gaz", size=9)
    draft.at(15, 45, "Vos références", bold=True)
    draft.lines(
        15, 52, [("N° client : ", case.number(10)), ("Contrat n° ", said(Field.REFERENCE, case.number(9)))], size=9.5
    )
    draft.at(110, 50, f"{holder.civility} ", whole(Field.HOLDER_NAME, holder), size=11)
    draft.at(110, 56, street(home), size=11).at(110, 62, *town(home), size=11)
    draft.at(15, 85, "Facture d'électricité", size=15, bold=True)
    draft.at(15, 93, "Facture du ", case.dated(Field.ISSUED_ON, day), f" n° {case.number(12)}")
    draft.bar(15, 104, 180, 9).at(18, 110, "Montant total TTC", bold=True).at(160, 110, "87,42 €", bold=True)
    draft.lines(15, 124, ["Abonnement  12,44 €", "Consommation 214 kWh  58,11 €", "Taxes et contributions  16,87 €"])
    draft.at(15, 150, "Lieu de consommation", bold=True)
    draft.lines(
        15, 157, [home.street, f"{home.postcode} {home.town.upper()}", "Point de livraison : 09" + case.number(12)]
    )
    draft.at(15, 180, "Le montant sera prélevé sur votre compte le 15 du mois prochain.", size=9)
    draft.at(
        15,
        285,
        "Lumière de Seine SA au capital de 100 000 € - TSA 90001 - 92099 LA PLAINE CEDEX - RCS 000 000 000",
        size=7,
    )
    if sealed and case.authority is not None:
        _seal(draft, case, holder, home, day)
    return draft.paper(KIND, "electricity")


def rent(case: Case) -> Paper:
    """A rent receipt between two persons."""
    holder, home, owner, day = case.family.father, case.family.home, case.family.friend, case.day(10)
    draft = case.draft()
    draft.at(105, 25, "QUITTANCE DE LOYER", size=17, bold=True, centre=True)
    draft.at(105, 33, f"Loyer du mois d'{'août'} {day.year}", centre=True)
    draft.frame(15, 42, 85, 32).frame(110, 42, 85, 32)
    draft.at(18, 49, "Bailleur :", bold=True).at(113, 49, "Locataire :", bold=True)
    draft.lines(18, 56, [f"{owner.civility} {owner.capital}", case.family.other_home.street,
                         f"{case.family.other_home.postcode} {case.family.other_home.town}"])  # fmt: skip
    draft.at(113, 56, f"{holder.civility} ", whole(Field.HOLDER_NAME, holder))
    draft.at(113, 62, street(home)).at(113, 68, *town(home))
    y = draft.paragraph(
        15, 90, 178, f"Reçu de {holder.civility} {holder.capital} la somme de huit cent quarante euros au titre du paiement "
        "du loyer et des charges pour la période de location indiquée ci-dessus, et lui en donne quittance, sous réserve de "
        "tous mes droits."
    )  # fmt: skip
    draft.at(15, y + 6, f"Adresse de la location : {home.street}, {home.postcode} {home.town}")
    draft.lines(15, y + 18, ["Loyer hors charges : 760,00 €", "Provision pour charges : 80,00 €", "Total : 840,00 €"])
    draft.at(110, y + 46, f"Fait à {home.town}, le ", numbered(Field.ISSUED_ON, day))
    draft.at(110, y + 54, "Signature du bailleur")
    return draft.paper(KIND, "rent")


def agency(case: Case) -> Paper:
    """A notice of rent from an agency."""
    holder, home, day = case.family.mother, case.family.home, case.day(15)
    draft = case.draft()
    draft.at(15, 18, "Cabinet Orme & Fils", size=14, bold=True).at(
        15, 24, "Gestion immobilière - 3 place de la Halle - 75099 PARIS", size=8
    )
    draft.at(15, 44, "Avis d'échéance - Quittance de loyer", size=14, bold=True)
    draft.at(15, 54, "Référence locataire : ", said(Field.REFERENCE, f"L{case.number(6)}"))
    draft.at(15, 60, "Date d'édition : ", numbered(Field.ISSUED_ON, day))
    draft.at(115, 54, f"{holder.civility} ", said(Field.HOLDER_NAME, f"{holder.family.upper()} {holder.first}"))
    draft.at(115, 60, street(home)).at(115, 66, *town(home))
    draft.bar(15, 84, 180, 8).at(18, 90, "Libellé", bold=True).at(150, 90, "Montant", bold=True)
    for row, (label, amount) in enumerate(
        (("Loyer principal", "912,30"), ("Provision pour charges", "104,00"), ("Total à payer", "1 016,30"))
    ):
        draft.at(18, 100 + row * 7, label).at(150, 100 + row * 7, f"{amount} €")
    draft.at(
        15, 135, "Logement situé à la même adresse. Cette quittance annule tous les reçus donnés pour acomptes.", size=9
    )
    return draft.paper(KIND, "agency")


def internet(case: Case) -> Paper:
    """A bill for a box."""
    holder, home, day = case.family.father, case.family.home, case.day(12)
    draft = case.draft()
    draft.at(15, 20, "filaire", size=22, bold=True).at(150, 20, "Facture internet", size=13, bold=True)
    draft.at(150, 27, "du ", numbered(Field.ISSUED_ON, day))
    draft.lines(15, 42, [("Titulaire du contrat : ", f"{holder.civility} ", whole(Field.HOLDER_NAME, holder)),
                         ("Adresse d'installation : ",), (street(home),), town(home)])  # fmt: skip
    draft.at(120, 42, "Référence client : ", said(Field.REFERENCE, f"FI{case.number(8)}"))
    draft.at(120, 48, f"Facture n° {case.number(8)}-{case.number(2)}")
    draft.bar(15, 75, 180, 8).at(18, 81, "Votre abonnement internet", bold=True).at(160, 81, "34,99 €")
    draft.lines(
        18, 92, ["Offre internet fibre + téléphone fixe", "Box fibre (location)", "Appels vers les mobiles inclus"]
    )
    draft.at(18, 125, "Total TTC à payer : 34,99 €", bold=True)
    draft.at(18, 132, f"Prélèvement automatique le {figures(day)}", size=9)
    return draft.paper(KIND, "internet")


def insurance(case: Case) -> Paper:
    """A home insurance certificate."""
    holder, home, day = case.family.mother, case.family.home, case.day(25)
    until = day.replace(year=day.year + 1)
    draft = case.draft()
    draft.at(15, 20, "Mutuelle des Tilleuls", size=15, bold=True).at(
        15, 26, "Assurances mutuelles - 93999 VAL-DES-TILLEULS CEDEX", size=8
    )
    draft.at(105, 48, "ATTESTATION D'ASSURANCE HABITATION", size=15, bold=True, centre=True)
    y = draft.paragraph(
        15, 64, 178, "Nous soussignés, Mutuelle des Tilleuls, attestons que", f"{holder.civility}", whole(Field.HOLDER_NAME, holder),
        ", sociétaire, est titulaire du contrat multirisque habitation", "contrat n°", said(Field.REFERENCE, case.number(8)),
        "garantissant sa responsabilité civile et ses risques locatifs (incendie, dégâts des eaux) pour le logement désigné ci-dessous."
    )  # fmt: skip
    draft.at(15, y + 6, "Logement assuré :", bold=True)
    draft.at(15, y + 12, street(home)).at(15, y + 18, *town(home))
    draft.at(
        15,
        y + 30,
        "La présente attestation est valable du ",
        numbered(Field.VALID_FROM, day),
        " jusqu'au ",
        numbered(Field.VALID_UNTIL, until),
        ".",
    )
    draft.at(15, y + 44, "Fait à Val-des-Tilleuls, le ", said(Field.ISSUED_ON, letters(day), day.isoformat()))
    draft.at(15, y + 52, "La directrice, Y. Orme")
    return draft.paper(KIND, "home_insurance")


def _seal(draft: Draft, case: Case, holder: Person, home: Home, day: object) -> None:
    assert case.authority is not None
    fields = {
        "10": f"{holder.civility.strip('.').upper()}/{holder.family}/{holder.first}",
        "22": home.street, "24": home.postcode, "25": home.town, "26": "FR",
    }  # fmt: skip
    draft.picture(data_matrix(case.authority.seal(BILL, fields, issued_on=day)), 150, 230, 34)


LAYOUTS: dict[str, Layout] = {
    "electricity": electricity, "rent": rent, "agency": agency, "internet": internet, "home_insurance": insurance,
}  # fmt: skip
