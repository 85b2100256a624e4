"""The closed list of reasons for which an operator looks at an exchange, each with what the families it names read of it."""

from enum import StrEnum


class LookReason(StrEnum):
    """Why the bytes of a conversation with a partner are looked at."""

    REFUSAL = "refusal"
    FAILURE = "failure"
    QUESTION = "question"
    CHECKING = "checking"


LABELS_FR = {
    LookReason.REFUSAL: "Comprendre un refus de l'organisme",
    LookReason.FAILURE: "Réparer une panne",
    LookReason.QUESTION: "Répondre à la question d'une famille ou d'un service",
    LookReason.CHECKING: "Contrôler que les échanges sont exacts",
}
"""What an operator chooses by."""
FAMILY_FR = {
    LookReason.REFUSAL: "Pour comprendre pourquoi l'organisme a refusé un envoi",
    LookReason.FAILURE: "Pour réparer une panne",
    LookReason.QUESTION: "Pour répondre à une question sur cet échange",
    LookReason.CHECKING: "Pour contrôler que les échanges sont exacts",
}
"""What a family reads of it; the operator's own words stay in the journal."""
