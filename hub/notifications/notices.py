"""The words by which somebody hears that something changed: about nobody, with nothing to send back, by each of the ways."""

from dataclasses import dataclass
from datetime import datetime
from textwrap import fill
from uuid import UUID

from connectors.mail import Letter
from connectors.post.sheet import PrintedLetter
from contracts.calendar import in_french, paris_day
from hub.notifications.messages import Kind


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of notice: its subject, what it says in a sentence or two, the page that tells more, and what else to do."""

    subject: str
    says: str
    page: str
    otherwise: str
    text: str
    """The same in a text message."""


_WORDS = {
    Kind.MANDATE: Words(
        subject="un mandat d'aide a changé",
        says="Un mandat d'aide qui vous concerne a changé : quelqu'un peut agir pour une autre personne, ou ne le peut plus.",
        page="/mandats",
        otherwise="Ce n'était pas vous ? Arrêtez le mandat sur cette page, ou allez au guichet de votre mairie d'arrondissement.",
        text="un mandat d'aide qui vous concerne a changé.",
    ),
    Kind.DECISION: Words(
        subject="une décision a été prise",
        says=(
            "Un service de la Ville de Paris a pris une décision pour une démarche que vous avez faite : un tarif, une "
            "inscription ou une place dans une école. Vous pouvez la lire, et voir comment la contester."
        ),
        page="/",
        otherwise="Le service qui a décidé vous l'écrit aussi lui-même : c'est sa lettre qui compte pour les délais.",
        text="un service a décidé pour une de vos démarches.",
    ),
    Kind.OF_AGE: Words(
        subject="ce qui change à 18 ans",
        says=(
            "Un enfant de votre famille, ou vous-même, aura 18 ans dans trois mois. Ce jour-là, ses documents seront à lui "
            "seul, et ses parents ne verront plus son dossier. Les documents des parents restent aux parents."
        ),
        page="/majorite",
        otherwise="Vous pouvez aussi aller au guichet de votre mairie d'arrondissement.",
        text="un dossier de votre famille change aux 18 ans.",
    ),
}
_MAIL = """Bonjour,

{says}

Pour en savoir plus, connectez-vous :
{door}{page}

{otherwise}

Ce message ne dit rien de vous ni d'une autre personne. Nous ne vous demandons
jamais votre mot de passe, ni un paiement, par courriel.

Ville de Paris
"""
_TEXT = (
    "Ville de Paris : {text} "
    "Connectez-vous à Une Fois, ou passez au guichet de votre mairie. Jamais de lien dans nos SMS."
)
_PRINTED = (
    "Pour en savoir plus, connectez-vous à Une Fois, ou allez au guichet de votre mairie d'arrondissement.",
    "Vous n'avez rien à nous envoyer. Cette lettre ne dit rien de vous ni d'une autre personne.",
    "Nous ne demandons jamais d'argent, ni votre mot de passe.",
)
_WIDTH = 79


def notice_letter(kind: Kind, message_id: UUID, to: str, door_url: str) -> Letter:
    """Return a notice as an e-mail."""
    words = _WORDS[kind]
    told = {"says": fill(words.says, _WIDTH), "otherwise": fill(words.otherwise, _WIDTH), "page": words.page}
    return Letter(str(message_id), to, f"Ville de Paris : {words.subject}", _MAIL.format(door=door_url, **told))


def notice_text(kind: Kind) -> str:
    """Return a notice as a text message."""
    return _TEXT.format(text=_WORDS[kind].text)


def printed_notice(
    kind: Kind, message_id: UUID, to: tuple[str, ...], *, sender: tuple[str, ...], now: datetime
) -> PrintedLetter:
    """Return a notice as a letter: without a code, for nothing is asked, and without a slip to send back."""
    words = _WORDS[kind]
    return PrintedLetter(
        message=message_id,
        to=to,
        sender=sender,
        dated=f"Paris, le {in_french(paris_day(now))}",
        subject=words.subject[:1].upper() + words.subject[1:],
        paragraphs=("Bonjour,", words.says, words.otherwise, *_PRINTED),
    )
