"""French words of the console, for the City's engineers: how an exchange stands, what it came to, how a binding is."""

from datetime import datetime

from contracts.outcomes import OutcomeKind, Phase
from hub.exchanges.editing import EditState
from hub.exchanges.health import BUSINESS, Health
from hub.exchanges.planning import State
from hub.exchanges.replaying import PlanState
from hub.web.words import NBSP, PARIS

STATES = {
    State.PROPOSED: "proposé, attend un second opérateur",
    State.PLANNED: "prévu",
    State.SENDING: "en cours d'envoi",
    State.SETTLED: "terminé",
    State.IN_DOUBT: "dans le doute",
    State.PARKED: "à l'arrêt",
    State.QUARANTINED: "réponse en quarantaine",
    State.CANCELLED: "abandonné",
}
TONES = {
    State.SETTLED: "done",
    State.PLANNED: "waiting",
    State.SENDING: "waiting",
    State.CANCELLED: "off",
}
"""How a state looks; every other one waits for somebody."""
OUTCOMES = {
    OutcomeKind.APPLIED: "appliqué",
    OutcomeKind.ACCEPTED: "accepté, traité plus tard",
    OutcomeKind.DUPLICATE: "déjà connu du partenaire",
    OutcomeKind.PARTIAL: "appliqué en partie",
    OutcomeKind.REJECTED: "refusé par le partenaire",
    OutcomeKind.SUPERSEDED: "remplacé par plus récent",
    OutcomeKind.CONFLICT: "en conflit chez le partenaire",
    OutcomeKind.RATE_LIMITED: "trop de demandes",
    OutcomeKind.CLOSED: "partenaire fermé",
    OutcomeKind.UNAVAILABLE: "partenaire injoignable",
    OutcomeKind.IN_DOUBT: "dans le doute",
    OutcomeKind.CONTRACT_BREACH: "réponse hors contrat",
    OutcomeKind.AUTH_FAILED: "nos identifiants refusés",
    OutcomeKind.MISCONFIGURED: "mal réglé chez nous",
    OutcomeKind.FOUND: "trouvé",
    OutcomeKind.EMPTY: "rien, prouvé",
    OutcomeKind.ABSENT: "absent, prouvé",
}
PHASES = {
    Phase.NOT_SENT: "rien n'est parti",
    Phase.SENT: "parti, sans réponse",
    Phase.HEADERS: "réponse coupée",
    Phase.COMPLETE: "réponse entière",
}
LEVELS = {
    "reach": "Joignable",
    "auth": "Nous reconnaît",
    "contract": "Contrat",
    "canary": "Essai témoin",
    BUSINESS: "Travail fait",
}
HEALTH = {
    Health.OK: ("done", "bien"),
    Health.DEGRADED: ("missing", "dégradé"),
    Health.CLOSED: ("waiting", "fermé"),
    Health.DOWN: ("missing", "en panne"),
    Health.UNKNOWN: ("off", "jamais regardé"),
}
ACTS = {"send": "envoi", "look_up": "question au partenaire"}
KINDS = {"push": "nous envoyons", "pull": "nous demandons"}
WRITES = {
    "keyed": "répétable : le partenaire reconnaît notre clé",
    "natural": "répétable : une répétition ne change rien",
    "lookup": "vérifiable : on peut demander au partenaire",
    "none": "ni répétable ni vérifiable",
}
PLANS = {
    PlanState.RUNNING: ("waiting", "en cours"),
    PlanState.PAUSED: ("missing", "en pause"),
    PlanState.STOPPED: ("missing", "arrêtée : une réponse est hors contrat"),
    PlanState.CANCELLED: ("off", "annulée"),
    PlanState.DONE: ("done", "donnée en entier"),
}
PLAN_STEPS = {
    PlanState.PAUSED: "Mettre en pause",
    PlanState.RUNNING: "Continuer",
    PlanState.CANCELLED: "Annuler ce qui reste",
}
FIELDS = {
    "line.line": ("Référence de la ligne chez le partenaire", "L'identifiant que l'organisme vous a donné"),
    "registration": ("Numéro d'inscription chez le partenaire", "Tel que l'organisme l'écrit"),
    "last_update_date": ("Date de la dernière modification chez le partenaire", "Telle que l'organisme l'écrit"),
    "since": ("Depuis le", "Exemple : 2026-09-01"),
    "until": ("Jusqu'au, ce jour non compris", "Exemple : 2026-09-15. Trois mois au plus"),
}
"""Fields that a contract lets be written anew: what it is called, and how it is written."""
EDITS = {
    EditState.ASKED: ("waiting", "en préparation"),
    EditState.PROPOSED: ("missing", "attend un second opérateur"),
    EditState.APPROVED: ("waiting", "approuvée, le motif légal est vérifié"),
    EditState.LET_GO: ("done", "partie"),
    EditState.REFUSED: ("missing", "refusée par Une Fois"),
    EditState.DECLINED: ("off", "écartée"),
}
EDIT_REFUSALS = {
    "BodyGone": "le contenu d'origine n'est plus conservé",
    "NoGround": "aucun motif légal ne permet plus cet envoi",
    "OutsideAgreement": "la convention ne couvre plus cet envoi",
    "ReleasesStopped": "toutes les transmissions sont arrêtées",
    "overtaken": "un échange plus récent dit autre chose de cette ligne",
    "changed": "le dossier a changé depuis : le prochain envoi prévu le dira",
    "of_others": "cette référence est celle d'une autre ligne",
    "unchanged": "les valeurs sont les mêmes",
    "window": "la période est vide ou dépasse trois mois",
}
"""Why an edited repeat was refused; anything else is a value that the contract does not take."""
FOLDERS = {
    "nobody": "personne trouvé avec cette identité et une demande en cours",
    "several": "plusieurs personnes possibles",
    "request_over": "la demande est close depuis",
    "files_gone": "les fichiers ne sont plus conservés",
    "no_case": "annonce sans dossier",
    "recipient": "adressé à un autre organisme",
    "files": "il manque un fichier, ou il y en a trop",
    "files_not_received": "fichiers incomplets chez HubEE",
    "shape": "fichier illisible",
    "identity_mismatch": "l'identité et les allocataires ne correspondent pas",
}
"""Why a folder was set aside; of anything else the word is shown as it is."""
WEBHOOKS = {"gone": "arrêté : l'adresse n'existe plus", "failing": "arrêté : trois jours d'échecs"}
MESSAGES = {"in_doubt": "dans le doute", "refused": "refusé"}
DONE = {
    "decide": "Votre décision est enregistrée, au journal aussi.",
    "demande": "Le partenaire va être interrogé.",
    "message": "Votre décision sur le message est enregistrée.",
    "webhook": "Les envois reprennent. Ce qui attendait part maintenant.",
    "prevenu": "Le partenaire est prévenu par courriel. Dans sept jours, ce qu'il ne prend pas peut être abandonné.",
    "annonce": "L'annonce va être envoyée.",
    "abandon": "L'annonce n'est plus envoyée. Le partenaire peut encore la lire dans son fil.",
    "dossier": "Le dossier va être regardé de nouveau.",
    "abandon_dossier": "L'expéditeur va être prévenu que le dossier n'a pas pu être intégré.",
    "reprise": "La reprise est prévue.",
    "change": "C'est fait.",
    "modifie": "Votre proposition est enregistrée. Elle sera prête dans quelques secondes.",
    "approuve": "Vous avez approuvé. Le motif légal est vérifié de nouveau, puis l'échange part : moins d'une minute.",
    "ecarte": "La proposition est écartée. Rien n'est parti.",
}


def exact(value: datetime | None) -> str:
    """Return a moment in Paris to the second, as engineers compare it with logs; nothing for none."""
    return (
        ""
        if value is None
        else value.astimezone(PARIS).strftime("%d/%m/%Y") + NBSP + f"{value.astimezone(PARIS):%H:%M:%S}"
    )


def outcome_word(outcome: str | None) -> str:
    """Return an outcome in words; nothing where there is none yet."""
    return "" if outcome is None else OUTCOMES[OutcomeKind(outcome)]


def octets(length: int | None) -> str:
    """Return a number of bytes as it is: engineers compare it."""
    return "" if length is None else f"{length:,}".replace(",", NBSP) + f"{NBSP}o"
