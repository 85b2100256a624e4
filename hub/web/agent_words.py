"""French words of the agents' pages: why a review waits, what was checked, what each value is, how long ago."""

from datetime import datetime

from contracts.documents import Grade, Outcome
from contracts.readings import Field
from hub.persons.links import Authority, Kind, Source
from hub.web.words import PARIS

WHY = {
    "not_sealed": "Aucun cachet électronique ne prouve l'origine du document.",
    "grade_too_low": "L'origine du document n'est pas assez sûre pour cette demande.",
    "other_name": "Le nom lu sur le document n'est pas celui de la personne.",
    "name_close": "Le nom lu ressemble à celui de la personne, sans être le même.",
    "name_unreadable": "Le nom n'a pas pu être lu.",
    "same_name_in_family": "Deux personnes de la famille portent ce nom.",
    "child_unreadable": "Le nom ou la date de naissance de l'enfant n'a pas pu être lu.",
    "child_name_close": "Le nom lu ressemble à celui de l'enfant, sans être le même.",
    "undated": "La date du document n'a pas pu être lue.",
    "implausible": "Une valeur lue n'est pas vraisemblable.",
    "contradiction": "Deux documents de la famille se contredisent.",
    "address_unreadable": "L'adresse n'a pas pu être lue.",
    "income_unreadable": "Les montants n'ont pas pu être lus.",
    "child_not_in_household": "L'enfant n'est pas dans le foyer que connaît la CAF ou la MSA.",
    "child_already_linked": "Un autre adulte est déjà reconnu pour cet enfant.",
    "not_named": "Le document ne nomme pas la personne qui l'a déposé.",
    "identity_self_declared": "La personne a déclaré elle-même son identité, sans FranceConnect.",
    "child_in_household": "La CAF ou la MSA nomme cet enfant dans le foyer de la personne. Cela ne prouve pas un lien de parenté.",
    "both_signed_in": "Une personne s'est connectée aux deux comptes, l'un après l'autre, et demande à les réunir. Deux agents doivent dire la même chose.",
    "civil_status": "Un organisme demande à être relié à un enfant de ce nom. Est-ce bien cet enfant, et la demande de cet adulte ?",
    "objection": "L'autre responsable de l'enfant n'est pas d'accord avec la demande.",
    "death": "Un décès a été déclaré. Lisez l'acte, puis dites jusqu'à quand la personne décédée était responsable de l'enfant.",
    "same_civil_status": "Une personne demande les documents de son enfance. Nous connaissons un enfant de même nom et de même date de naissance.",
    "seen_twice": "Un responsable voit son enfant deux fois. Deux agents doivent dire la même chose.",
    "seen_by_agent": "Un agent pense que ces deux dossiers sont ceux d'un seul enfant. Deux agents doivent dire la même chose.",
    "said_two": "Un responsable dit que deux enfants ont été réunis par erreur. Deux agents doivent dire la même chose.",
    "judgment": "Un jugement a été déposé. Deux agents doivent le lire et dire la même chose.",
}
"""Why the rules left it to an agent, by reason."""
QUESTIONS = {
    "family_link": "Le lien est reconnu, ou non ?",
    "fit": "Le document convient, ou non ?",
    "objection": "La demande peut prendre effet, ou non ?",
    "account_merge": "C'est une seule personne, ou non ?",
    "childhood": "Cette personne est-elle cet enfant, devenu majeur ?",
    "child_merge": "Ces deux dossiers sont-ils ceux d'un seul enfant ?",
    "child_part": "Ces deux dossiers, réunis, sont-ils ceux de deux enfants ?",
    "partner_link": "L'organisme peut être relié à cet enfant, ou non ?",
}
"""What an agent is asked, by kind of review."""
ASKED = {"account_merge": "L'autre compte", "childhood": "L'enfant que nous connaissons"}
ASKED_CHILD = "L'enfant, tel qu'on nous l'a écrit"
"""What stands beside the person, by kind of review."""
OTHERWISE = "Les règles n'ont pas pu conclure."

STATES = {"waiting": "À prendre", "mine": "Pris par vous", "taken": "Pris par un collègue"}
TONES = {"waiting": "waiting", "mine": "done", "taken": "off"}
FAMILY_LINK = "Lien avec un enfant"

GRADES: dict[str, str] = {
    Grade.SELF_DECLARED: "déclaré, sans preuve d'origine",
    Grade.AGENT_CHECKED: "vérifié par un agent",
    Grade.SEALED: "authentifié par un cachet électronique",
    Grade.SOURCE_PULLED: "obtenu auprès de la source",
}
KINDS = {Kind.PARENT: "Parent", Kind.GUARDIAN: "Autre responsable de l'enfant"}
AUTHORITIES = {
    Authority.JOINT: "Autorité parentale partagée",
    Authority.SOLE: "Autorité parentale exercée seul",
    Authority.WITHDRAWN: "Retirée par un jugement : l'accès au dossier de l'enfant s'arrête tout de suite",
}
SHORT_AUTHORITIES = {Authority.JOINT: "partagée", Authority.SOLE: "seul", Authority.WITHDRAWN: "retirée"}
SOURCES = {
    Source.BIRTH_CERTIFICATE: "acte de naissance",
    Source.FAMILY_RECORD_BOOK: "livret de famille",
    Source.CUSTODY_JUDGMENT: "jugement",
    Source.CAF_ANSWER: "réponse de la CAF ou de la MSA",
    Source.AGENT: "vu par un agent",
}
OUTCOMES = {Outcome.PASSED: "Oui", Outcome.FAILED: "Non", Outcome.INCONCLUSIVE: "Ne sait pas"}
CHECK_TONES = {Outcome.PASSED: "done", Outcome.FAILED: "missing", Outcome.INCONCLUSIVE: "waiting"}

_CHECKS = {
    "safety": "Fichier sain",
    "scan.rules": "Aucun logiciel malveillant trouvé",
    "attachments": "Sans pièce jointe cachée",
    "seal": "Cachet électronique valable",
    "seal_and_text": "Le texte visible est celui du cachet",
    "kind": "Type de document reconnu",
    "masking": "Numéros sensibles masqués sur la copie",
}
"""What reading looked at, as far as it helps somebody decide; the engine's other findings stay the engineers'."""
_ABOUT = {
    ("seal", "binary"): "Ce document porte un 2D-Doc au format binaire. Nous ne savons pas le lire : il ne prouve rien"
    " pour nous, et rien ne dit qu'il est faux.",
}
"""What an answer means where « yes », « no » or « not known » does not say it, by step and reason."""
_FIELDS = {
    Field.ISSUED_ON: "Date du document",
    Field.VALID_FROM: "Valable à partir du",
    Field.VALID_UNTIL: "Valable jusqu'au",
    Field.REFERENCE: "Référence",
    Field.HOLDER_NAME: "Au nom de",
    Field.HOLDER_FAMILY_NAME: "Nom de famille",
    Field.HOLDER_USAGE_NAME: "Nom d'usage",
    Field.HOLDER_FIRST_NAMES: "Prénoms",
    Field.HOLDER_BORN_ON: "Date de naissance",
    Field.STREET: "Voie",
    Field.POSTCODE: "Code postal",
    Field.TOWN: "Commune",
    Field.DECLARANT_1: "Déclarant 1",
    Field.DECLARANT_2: "Déclarant 2",
    Field.REFERENCE_INCOME: "Revenu fiscal de référence (euros)",
    Field.PARTS: "Parts",
    Field.INCOME_YEAR: "Année des revenus",
    Field.QUOTIENT_FAMILIAL: "Quotient familial (euros)",
    Field.QUOTIENT_MONTH: "Mois du quotient familial",
    Field.CHILDREN: "Enfants du foyer",
    Field.CHILD_FAMILY_NAME: "Nom de l'enfant",
    Field.CHILD_FIRST_NAMES: "Prénoms de l'enfant",
    Field.CHILD_BORN_ON: "Date de naissance de l'enfant",
    Field.CHILD_BIRTHPLACE: "Lieu de naissance de l'enfant",
    Field.PARENT_1_FAMILY_NAME: "Nom du premier parent",
    Field.PARENT_1_FIRST_NAMES: "Prénoms du premier parent",
    Field.PARENT_2_FAMILY_NAME: "Nom du second parent",
    Field.PARENT_2_FIRST_NAMES: "Prénoms du second parent",
    Field.AUTHORITY: "Autorité parentale",
    Field.CHILD_RESIDENCE: "Résidence de l'enfant",
    Field.HOST_NAME: "Personne qui héberge",
    Field.HOSTED_NAME: "Personne hébergée",
    Field.SCHOOL_NAME: "École",
    Field.SCHOOL_YEAR: "Année scolaire",
    Field.NET_PAY: "Salaire net (euros)",
    Field.PAY_MONTH: "Mois de paie",
    Field.DTP_LAST_DOSE_ON: "Dernière dose DTP",
    Field.DTP_NEXT_DOSE_ON: "Prochaine dose DTP",
    Field.STATEMENT: "Déclaration",
}


def why(reason: str) -> str:
    """Return why a review waits for an agent."""
    return WHY.get(reason, OTHERWISE)


def check(step: str) -> str | None:
    """Return what a step of reading looked at, or nothing where it helps nobody decide."""
    return _CHECKS.get(step)


def about(step: str, reason: str) -> str | None:
    """Return what there is to say of what a step of reading found, beside its outcome."""
    return _ABOUT.get((step, reason))


def birth_place(text: str) -> str:
    """Return a place of birth; identity providers give its INSEE code."""
    return f"code INSEE {text}" if text[:1].isdigit() else text


def value_name(name: str) -> str:
    """Return what a value read on a paper is."""
    return _FIELDS.get(Field(name), name) if name in set(Field) else name.replace("_", " ").capitalize()


def age(since: datetime, now: datetime) -> str:
    """Return for how long something waits, in days of Paris: « aujourd'hui », « depuis 12 jours »."""
    days = (now.astimezone(PARIS).date() - since.astimezone(PARIS).date()).days
    if days <= 0:
        return "aujourd'hui"
    return "depuis hier" if days == 1 else f"depuis {days} jours"
