"""Papers that are none of ours, some of which name all of ours: nothing may be taken for a kind."""

from contracts.documents import EvidenceType
from tests.assets.papers.case import Case, Layout
from tests.assets.papers.drawing import Paper
from tests.assets.papers.people import figures

KIND = EvidenceType.UNKNOWN


def letter(case: Case) -> Paper:
    """A letter of a school to parents, which speaks of insurance."""
    draft = case.draft()
    draft.at(15, 20, "École élémentaire des Tilleuls", bold=True).at(120, 34, f"Paris, le {figures(case.day(3))}")
    draft.at(15, 50, "Chers parents,")
    y = draft.paragraph(15, 60, 178, "La réunion de rentrée aura lieu lundi prochain à 18 heures dans la cour. Pensez à apporter l'attestation d'assurance "
                        "scolaire de votre enfant et le carnet de correspondance signé.")  # fmt: skip
    draft.at(15, y + 6, "Veuillez agréer, chers parents, nos salutations distinguées.")
    return draft.paper(KIND, "letter")


def list_of_papers(case: Case) -> Paper:
    """A town hall's list, which names every paper there is."""
    draft = case.draft()
    draft.at(15, 20, "Mairie - inscription scolaire", bold=True).at(
        15, 32, "Liste des pièces à fournir", size=15, bold=True
    )
    draft.lines(15, 46, [
        "- livret de famille ou copie intégrale de l'acte de naissance", "- carte nationale d'identité ou passeport",
        "- facture d'électricité ou quittance de loyer de moins de trois mois", "- avis d'impôt sur les revenus",
        "- attestation de quotient familial de la Caf", "- carnet de santé (vaccinations DT-Polio)",
        "- jugement fixant l'exercice de l'autorité parentale", "- certificat de radiation", "- attestation d'hébergement",
    ], step=8)  # fmt: skip
    return draft.paper(KIND, "list_of_papers")


def advertisement(case: Case) -> Paper:
    """An advertisement for home insurance."""
    draft = case.draft()
    draft.at(105, 40, "PROFITEZ DE -20 % SUR VOTRE ASSURANCE HABITATION", size=14, bold=True, centre=True)
    draft.at(105, 60, "Offre valable jusqu'au 30 septembre, sans engagement", centre=True)
    draft.at(105, 75, "Demandez votre devis en ligne - 3 rue des Ormeaux, 75012 Paris", centre=True)
    draft.at(105, 280, "Ne pas jeter sur la voie publique", size=8, centre=True)
    return draft.paper(KIND, "advertisement")


def menu(case: Case) -> Paper:
    """A canteen's menu."""
    draft = case.draft()
    draft.at(105, 25, "MENU DE LA SEMAINE", size=18, bold=True, centre=True)
    draft.lines(20, 45, ["Lundi : salade de lentilles, poisson meunière, compote", "Mardi : carottes râpées, gratin de pâtes, fromage, fruit",
                         "Jeudi : soupe de potiron, couscous végétarien, yaourt", "Vendredi : betteraves, omelette, purée, tarte"], step=10)  # fmt: skip
    return draft.paper(KIND, "menu")


def bank(case: Case) -> Paper:
    """A bank identity statement, with a name and an address."""
    who, home = case.family.mother, case.family.home
    draft = case.draft()
    draft.at(15, 20, "Banque du Quai", bold=True).at(15, 34, "RELEVÉ D'IDENTITÉ BANCAIRE", size=14, bold=True)
    draft.lines(15, 48, ["Titulaire du compte :", f"{who.civility} {who.capital}", home.street, f"{home.postcode} {home.town}",
                         "IBAN : FR76 0000 0000 0000 0000 0000 000", "BIC : XXXXXXXX"])  # fmt: skip
    return draft.paper(KIND, "bank")


def lease(case: Case) -> Paper:
    """The first page of a lease."""
    draft = case.draft()
    draft.at(105, 22, "CONTRAT DE LOCATION", size=15, bold=True, centre=True).at(
        105, 30, "logement vide à usage de résidence principale", centre=True
    )
    draft.paragraph(15, 46, 178, f"Entre les soussignés : {case.family.friend.capital}, bailleur, et {case.family.mother.capital}, locataire, il a été convenu ce qui suit : "
                    "le loyer hors charges est fixé à 760 euros, la provision pour charges à 80 euros. Le bail est conclu pour trois ans.")  # fmt: skip
    return draft.paper(KIND, "lease")


def ticket(case: Case) -> Paper:
    """A shop's receipt."""
    draft = case.draft()
    draft.lines(
        60,
        30,
        [
            "SUPÉRETTE DU MARCHÉ",
            figures(case.day(1)),
            "Pain 1,20",
            "Lait 0,99",
            "Pommes 2,40",
            "TOTAL TTC 4,59",
            "Merci de votre visite",
        ],
    )
    return draft.paper(KIND, "ticket")


LAYOUTS: dict[str, Layout] = {
    "letter": letter, "list_of_papers": list_of_papers, "advertisement": advertisement, "menu": menu, "bank": bank, "lease": lease, "ticket": ticket,
}  # fmt: skip
