"""French words for what the hub says in codes: dates as one reads them aloud, states, grades."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.calendar import MONTHS_FR, in_french
from contracts.documents import GONE, DocumentState, Grade
from vault.ingest.reasons import SENTENCES, Reason

NBSP = "\N{NO-BREAK SPACE}"
_MEGABYTE = 1_000_000
PARIS = ZoneInfo("Europe/Paris")

GRADES: dict[str, str] = {
    Grade.SELF_DECLARED: "sur votre déclaration",
    Grade.AGENT_CHECKED: "avec la vérification d'un agent",
    Grade.SEALED: "avec un cachet électronique authentique",
    Grade.SOURCE_PULLED: "directement de l'organisme",
}
"""How far a piece of evidence can be trusted, said after its name: in words that fit « un avis » and « une décision »."""

STATES: dict[DocumentState, str] = {
    DocumentState.RECEIVED: "En cours de lecture",
    DocumentState.AVAILABLE: "Disponible",
    DocumentState.QUARANTINED: "En vérification",
    DocumentState.UNUSABLE: "Non utilisable",
    DocumentState.ERASED: "Effacé",
    DocumentState.SUPERSEDED: "Remplacé",
    DocumentState.EXPIRED: "Effacé, sa durée de conservation est passée",
    DocumentState.HELD: "Disponible, conservation imposée",
}

AWAITED_FROM = {"caisse": "la Caisse des écoles", "enrolment": "votre mairie"}
"""Who decides what a family is never asked for, by the catalogue's ``awaited_from``."""

KEPT_BY_DECISION = "Une décision nous oblige à garder ce document. Vous pourrez l'effacer quand elle prendra fin."
_STATE_SENTENCES = {
    DocumentState.RECEIVED: "Nous lisons votre document. Cela prend quelques secondes.",
    DocumentState.AVAILABLE: "Votre document est lisible.",
    DocumentState.QUARANTINED: "Nous devons vérifier ce document.",
    DocumentState.UNUSABLE: "Nous ne pouvons pas utiliser ce document.",
    DocumentState.ERASED: "Plus personne ne peut ouvrir ce document, nous non plus.",
    DocumentState.SUPERSEDED: "Un autre document l'a remplacé. Il ne sert plus à aucun service ; vous pouvez le voir.",
    DocumentState.EXPIRED: "Ce document ne servait plus. Nous l'avons effacé : plus personne ne peut l'ouvrir.",
    DocumentState.HELD: KEPT_BY_DECISION,
}


def day(value: date | datetime) -> str:
    """Return a date in words, « 1er mars 2026 »; a moment is that day in Paris."""
    if isinstance(value, datetime):
        value = value.astimezone(PARIS).date()
    return in_french(value)


def moment(value: datetime) -> str:
    """Return a moment in words, in Paris: « 1er mars 2026 à 9 h 05 », the time never broken over two lines."""
    local = value.astimezone(PARIS)
    return f"{day(local)} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def born(text: str) -> str:
    """Return a date of birth in words; a partial one (``1990``, ``1990-07``, zeros) says what is known."""
    year, month, number = (*text.split("-"), "", "")[:3]
    if not (month.isdigit() and 1 <= int(month) <= len(MONTHS_FR)):
        return year
    if not (number.isdigit() and int(number)):
        return f"{MONTHS_FR[int(month) - 1]} {year}"
    return day(date(int(year), int(month), int(number)))


def school_year(text: str) -> str:
    """Return a school year as people write it: « 2026 / 2027 »."""
    return text.replace("-", " / ")


def state_sentence(state: DocumentState, reason: str) -> str:
    """Return what a family reads about a document's state, from the reason reading ended with where it has one."""
    known = {member.value: sentence for member, sentence in SENTENCES.items()}
    if state in (*GONE, DocumentState.HELD) or reason == Reason.READ.value:
        return _STATE_SENTENCES[state]
    return known.get(reason, _STATE_SENTENCES[state])


def size(length: int) -> str:
    """Return a number of bytes as people read it, in Ko or Mo."""
    if length < _MEGABYTE:
        return f"{max(1, round(length / 1000))} Ko"
    if length >= 10 * _MEGABYTE:
        # Rounded down: it also says how much may be handed in.
        return f"{length // _MEGABYTE} Mo"
    return f"{length / _MEGABYTE:.1f} Mo".replace(".", ",").replace(",0 ", " ")
