"""Why reading a document ended as it did: stable codes, the state each leads to, and the sentence a parent reads."""

from enum import StrEnum

from contracts.documents import DocumentState
from vault.errors import VaultError


class Reason(StrEnum):
    """One code per ending; stored with the document, so never renamed."""

    READ = "read"
    EMPTY = "empty"
    UNSUPPORTED_TYPE = "unsupported_type"
    TYPE_MISMATCH = "type_mismatch"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_PIXELS = "too_many_pixels"
    POLYGLOT = "polyglot"
    ACTIVE_CONTENT = "active_content"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    READER_FAILED = "reader_failed"
    MALWARE = "malware"
    NOT_SCANNED = "not_scanned"
    ALREADY_HELD = "already_held"
    GIVEN_UP = "given_up"
    """Reading it failed again and again, by no fault of the paper's."""


SUSPICIOUS: frozenset[Reason] = frozenset(
    {
        Reason.POLYGLOT,
        Reason.ACTIVE_CONTENT,
        Reason.TOO_SLOW,
        Reason.TOO_MUCH_MEMORY,
        Reason.READER_FAILED,
        Reason.MALWARE,
        Reason.NOT_SCANNED,
        Reason.GIVEN_UP,
    }
)
"""What an engineer looks at before anybody else does; every other refusal is an honest mistake."""

SENTENCES: dict[Reason, str] = {
    Reason.READ: "Votre document est lisible.",
    Reason.EMPTY: "Le fichier est vide. Choisissez un autre fichier.",
    Reason.UNSUPPORTED_TYPE: "Nous acceptons les PDF et les photos JPEG, PNG ou HEIC.",
    Reason.TYPE_MISMATCH: "Le contenu du fichier ne correspond pas à son type. Enregistrez-le à nouveau.",
    Reason.TRUNCATED: "Le fichier est incomplet. Téléchargez-le à nouveau, puis renvoyez-le.",
    Reason.UNREADABLE: "Nous n'arrivons pas à ouvrir ce fichier. Enregistrez-le à nouveau ou prenez une photo.",
    Reason.ENCRYPTED: "Ce PDF est protégé par un mot de passe. Envoyez-le sans mot de passe, ou une photo.",
    Reason.TOO_MANY_PAGES: "Ce PDF a trop de pages (40 au plus). Envoyez seulement les pages utiles.",
    Reason.TOO_MANY_PIXELS: "Cette image est trop grande. Prenez une photo moins grande.",
    Reason.POLYGLOT: "Ce fichier contient autre chose qu'un document. Nous devons le vérifier.",
    Reason.ACTIVE_CONTENT: "Ce PDF contient un programme. Nous devons le vérifier. Vous pouvez envoyer une photo.",
    Reason.TOO_SLOW: "La lecture de ce fichier est trop longue. Nous devons le vérifier.",
    Reason.TOO_MUCH_MEMORY: "Ce fichier est trop lourd à lire. Nous devons le vérifier.",
    Reason.READER_FAILED: "Nous n'avons pas pu lire ce fichier. Nous devons le vérifier.",
    Reason.MALWARE: "Ce fichier contient un programme dangereux. Nous l'avons mis de côté. Envoyez une photo du papier.",
    Reason.NOT_SCANNED: "Nous n'avons pas encore pu vérifier ce fichier. Nous essayons à nouveau.",
    Reason.GIVEN_UP: (
        "Nous n'arrivons pas à lire ce document. Le problème vient de nos services, pas de vous."
        " Nous le gardons et nous nous en occupons."
    ),
    Reason.ALREADY_HELD: "Vous avez déjà déposé ce document. Nous utilisons l'autre exemplaire.",
}
"""French, for the family; one sentence or two per reason, nothing about the document's content."""


def state_for(reason: Reason) -> DocumentState:
    """Return the state a document ends in for ``reason``."""
    if reason is Reason.READ:
        return DocumentState.AVAILABLE
    return DocumentState.QUARANTINED if reason in SUSPICIOUS else DocumentState.UNUSABLE


class DocumentRefused(VaultError):
    """Reading stopped for a reason that a family or an engineer is told."""

    def __init__(self, reason: Reason) -> None:
        """Keep the ``reason``."""
        super().__init__(reason.value)
        self.reason = reason
