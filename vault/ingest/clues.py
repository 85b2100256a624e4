"""The phrases by which papers are told apart, with their weight: data, so that a decision can be explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.documents import EvidenceType


@dataclass(frozen=True, slots=True)
class Clue:
    """A phrase that speaks for a kind of paper, or against it where ``weight`` is negative."""

    evidence_type: EvidenceType
    phrase: str
    weight: float
    heading: bool = False
    """Counts only at the top of the first page, or in large letters."""


_Weighted = tuple[tuple[float, tuple[str, ...]], ...]
"""Phrases by weight. A leading « ^ » marks a phrase that counts in a heading only."""

_TABLE: Mapping[EvidenceType, _Weighted] = {
    EvidenceType.PROOF_OF_ADDRESS: (
        (6, ("^quittance de loyer", "^attestation d'assurance habitation", "^attestation de contrat d'énergie")),
        (4, ("assurance multirisque habitation", "^avis d'échéance", "^facture d'électricité", "^facture internet")),
        (4, ("^facture de gaz", "^facture d'eau", "^facture d'énergie", "^attestation de titulaire de contrat")),
        (3, ("fourniture d'électricité", "fourniture de gaz", "lieu de consommation", "point de livraison")),
        (3, ("loyer hors charges", "provision pour charges", "bailleur", "locataire", "logement situé")),
        (3, ("^facture", "abonnement internet", "box fibre", "offre internet", "titulaire de la ligne")),
        (2, ("titulaire du contrat", "total ttc", "montant ttc", "consommation", "kwh", "abonnement")),
        (2, ("dégâts des eaux", "résidence principale", "risques locatifs", "prélèvement automatique")),
        (-4, ("assurance scolaire", "bulletin de paie", "bulletin de salaire")),
    ),
    EvidenceType.TAX_NOTICE: (
        (6, ("^avis d'impôt", "^avis de situation déclarative", "^avis d'imposition")),
        (4, ("revenu fiscal de référence", "direction générale des finances publiques")),
        (3, ("date de mise en recouvrement", "nombre de parts", "impôt sur les revenus de l'année", "déclarant 1")),
        (2, ("finances publiques", "impôts.gouv.fr", "numéro fiscal", "date d'établissement", "foyer fiscal")),
    ),
    EvidenceType.QUOTIENT_FAMILIAL: (
        (6, ("^attestation de quotient familial", "^attestation de paiement et de quotient familial")),
        (5, ("votre quotient familial", "quotient familial s'élève", "quotient familial est de")),
        (4, ("caisse d'allocations familiales", "mutualité sociale agricole", "quotient familial caf")),
        (3, ("^quotient familial", "numéro allocataire", "^attestation de paiement", "caf.fr", "msa.fr")),
        (2, ("quotient familial", "allocataire", "enfants à charge", "prestations familiales")),
    ),
    EvidenceType.BIRTH_CERTIFICATE: (
        (6, ("^acte de naissance",)),
        (
            3,
            ("copie intégrale", "^extrait d'acte de naissance", "acte de naissance numéro", "officier de l'état civil"),
        ),
        (2, ("prénoms de l'enfant", "nom de l'enfant", "mentions marginales", "est née", "est né", "du sexe féminin")),
        (2, ("du sexe masculin", "lieu de naissance", "avec filiation", "registre d'état civil")),
        (-8, ("^livret de famille", "^acte de décès", "^acte de mariage")),
        (-6, ("premier enfant", "deuxième enfant", "est décédé", "est décédée", "^extrait de l'acte de mariage")),
    ),
    EvidenceType.FAMILY_RECORD_BOOK: (
        (8, ("^livret de famille",)),
        (4, ("premier enfant", "deuxième enfant", "troisième enfant", "extrait de l'acte de mariage")),
        (3, ("époux ou père", "épouse ou mère", "extrait de l'acte de naissance de l'enfant")),
        (2, ("extrait de l'acte de naissance", "époux", "épouse", "pour l'officier de l'état civil")),
    ),
    EvidenceType.IDENTITY_PAPER: (
        (
            7,
            (
                "carte nationale d'identité",
                "titre de séjour",
                "carte de séjour",
                "residence permit",
                "carte de résident",
            ),
        ),
        (5, ("idfra", "p<fra", "irfra", "passeport", "passport")),
        (3, ("république française", "nationalité française", "identity card", "date d'expiration", "type de titre")),
        (2, ("nationalité", "prénoms", "nom d'usage", "sexe", "taille", "card validity", "date of expiry")),
        (-6, ("certifie", "atteste", "^acte de", "facture", "jugement", "^avis", "pièces à fournir")),
    ),
    EvidenceType.VACCINATION_RECORD: (
        (6, ("^certificat de vaccination", "^carnet de santé", "^attestation de vaccination", "^vaccinations")),
        (4, ("diphtérie", "poliomyélite", "tétanos")),
        (
            3,
            ("coqueluche", "hépatite b", "pneumocoque", "méningocoque", "rougeole", "numéro de lot", "prochain rappel"),
        ),
        (2, ("rappel", "vaccin", "vaccinations obligatoires", "cachet du médecin", "à jour de ses vaccinations")),
    ),
    EvidenceType.CUSTODY_JUDGMENT: (
        (6, ("juge aux affaires familiales", "tribunal judiciaire")),
        (5, ("autorité parentale", "^jugement", "^ordonnance", "au nom du peuple français")),
        (3, ("résidence habituelle", "résidence de l'enfant", "résidence des enfants", "droit de visite", "minute")),
        (2, ("par ces motifs", "pension alimentaire", "contribution à l'entretien", "rôle général", "greffier")),
    ),
    EvidenceType.SCHOOL_INSURANCE: (
        (7, ("^attestation d'assurance scolaire", "^attestation assurance scolaire", "^attestation scolaire")),
        (4, ("assurance scolaire", "activités scolaires", "extra-scolaires", "extrascolaire")),
        (3, ("responsabilité civile", "individuelle accident", "année scolaire", "élève assuré", "enfant assuré")),
        (2, ("assuré", "sociétaire", "garanties", "dommages causés", "assureur", "contrat")),
        (-5, ("assurance habitation", "multirisque habitation", "certificat de scolarité", "certificat de radiation")),
    ),
    EvidenceType.SCHOOL_CERTIFICATE: (
        (8, ("^certificat de scolarité", "^attestation de scolarité")),
        (
            4,
            (
                "est inscrit dans l'établissement",
                "est inscrite dans l'établissement",
                "est scolarisé",
                "est scolarisée",
            ),
        ),
        (3, ("année scolaire", "directrice de l'école", "directeur de l'école", "chef d'établissement")),
        (2, ("fréquente l'école", "inscrit en classe", "inscrite en classe", "l'élève", "école élémentaire")),
        (-6, ("certificat de radiation", "est radié", "est radiée", "assurance scolaire")),
    ),
    EvidenceType.CERTIFICATE_OF_REMOVAL: (
        (8, ("^certificat de radiation", "^attestation de radiation")),
        (5, ("est radié", "est radiée", "a été radié", "a été radiée", "exeat", "radiation des listes")),
        (3, ("date de radiation", "a fréquenté l'école", "quitté l'établissement", "inscrit sur les registres")),
        (2, ("directrice de l'école", "directeur de l'école", "école élémentaire", "l'élève", "année scolaire")),
    ),
    EvidenceType.HOSTING_STATEMENT: (
        (8, ("^attestation d'hébergement", "^attestation sur l'honneur d'hébergement")),
        (5, ("héberger à mon domicile", "héberge à mon domicile", "réside à mon domicile", "loge à mon domicile")),
        (4, ("certifie héberger", "atteste héberger", "hébergeant", "personne hébergée", "hébergé à titre gratuit")),
        (2, ("atteste sur l'honneur", "je soussigné", "je soussignée", "depuis le")),
    ),
    EvidenceType.SWORN_STATEMENT: (
        (7, ("^attestation sur l'honneur", "^déclaration sur l'honneur")),
        (5, ("atteste sur l'honneur", "déclare sur l'honneur", "certifie sur l'honneur")),
        (3, ("je soussigné", "je soussignée", "fausse déclaration", "article 441-7 du code pénal", "441-1")),
        (1, ("pour valoir ce que de droit", "fait à")),
        (-7, ("héberger à mon domicile", "héberge à mon domicile", "attestation d'hébergement", "certifie héberger")),
        (-5, ("^certificat de", "^attestation d'assurance")),
    ),
    EvidenceType.PAYSLIP: (
        (8, ("^bulletin de paie", "^bulletin de salaire", "^bulletin de paye")),
        (4, ("net à payer", "salaire de base", "net imposable", "montant net social", "cotisations salariales")),
        (2, ("convention collective", "urssaf", "heures mensuelles", "congés payés", "matricule", "salaire brut")),
    ),
    EvidenceType.UNEMPLOYMENT_STATEMENT: (
        (7, ("^avis de situation", "^attestation d'inscription", "^historique d'inscription")),
        (5, ("france travail", "demandeur d'emploi", "liste des demandeurs d'emploi", "pôle emploi")),
        (3, ("inscrit comme demandeur", "inscrite comme demandeur", "aide au retour à l'emploi", "actualisation")),
        (2, ("inscription", "allocation", "francetravail.fr", "conseiller")),
        (-9, ("revenu fiscal de référence", "avis de situation déclarative")),
    ),
    EvidenceType.DEATH_CERTIFICATE: (
        (9, ("^acte de décès",)),
        (5, ("est décédé", "est décédée", "certificat de décès", "date du décès", "lieu du décès")),
        (2, ("défunt", "officier de l'état civil", "copie intégrale", "dressé le", "déclaration de")),
    ),
    EvidenceType.UNKNOWN: (
        (8, ("pièces à fournir", "pièces justificatives à fournir", "liste des pièces", "documents à apporter")),
        (8, ("veuillez nous faire parvenir", "nous faire parvenir les documents", "relevé d'identité bancaire")),
        (
            6,
            ("^menu de la semaine", "offre valable", "profitez", "plat du jour", "sans engagement", "bon de réduction"),
        ),
        (6, ("contrat de location", "^bail", "^devis", "relevé de compte", "^bon de commande", "^règlement intérieur")),
        (5, ("^menu", "entrées", "desserts", "promotion", "code promo", "déstockage", "bulletin de notes")),
        (4, ("cher parent", "chers parents", "réunion de rentrée", "veuillez agréer", "cordialement", "invitation")),
        (7, ("dossier est incomplet", "merci de nous transmettre", "vous restez redevable", "mise en demeure")),
        (4, ("madame, monsieur,", "bien à vous", "salutations distinguées", "nous vous prions")),
        (4, ("renseignez-vous", "demandez votre devis", "ne pas jeter sur la voie publique", "spécimen")),
    ),
}

CLUES: Final[tuple[Clue, ...]] = tuple(
    Clue(kind, phrase.removeprefix("^"), weight, heading=phrase.startswith("^"))
    for kind, weighted in _TABLE.items()
    for weight, phrases in weighted
    for phrase in phrases
)
"""Every clue of every kind."""
