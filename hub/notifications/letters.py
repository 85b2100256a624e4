"""The words of letters: to families plain French that names nobody and nothing; to partners' contacts what to do."""

from datetime import datetime
from uuid import UUID

from connectors.mail import Letter
from connectors.post.sheet import PrintedLetter
from contracts.calendar import in_french, paris_day
from hub.notifications.messages import Kind
from hub.notifications.proving_contact import CODE_LIFE
from hub.notifications.return_codes import LIFE, spelled

_SUBJECT = "Ville de Paris : un document vous est demandé"
_AGAIN = "Rappel – Ville de Paris : un document vous est demandé"
_FAMILY = """Bonjour,

{opening}

Pour savoir lequel, et que faire si vous ne l'avez pas, connectez-vous :
{door}

Vous pouvez aussi aller au guichet de votre mairie d'arrondissement.

Ce message ne dit rien de vous ni de votre demande. Nous ne vous demandons
jamais votre mot de passe, ni un paiement, par courriel.

Être joint autrement, ou ne plus recevoir ces messages :
{door}/me-joindre

Ville de Paris
"""
_CODE = """Bonjour,

Votre code est {code}. Il sert {minutes} minutes, à confirmer cette adresse.

Écrivez-le sur la page où vous l'avez demandé. Ne le donnez à personne.

Vous n'avez rien demandé ? Ne faites rien : sans ce code, nous n'écrirons pas
à cette adresse.

Ville de Paris
"""
_FIRST = "Un document vous est demandé pour une démarche que vous avez faite."
_STILL = "Nous attendons encore un document pour une démarche que vous avez faite."
_FIRST_PRINTED = "Un document vous est demandé pour une démarche que vous avez faite auprès de la Ville de Paris."
_STILL_PRINTED = "Nous attendons encore un document pour une démarche que vous avez faite auprès de la Ville de Paris."
_PRINTED = (
    "Pour savoir lequel, et que faire si vous ne l'avez pas :",
    "• au guichet : apportez cette lettre à votre mairie d'arrondissement. L'agent tape le code et vous renseigne ;",
    "• avec un téléphone : photographiez le carré ci-dessous, puis connectez-vous ;",
    "• par courrier : si vous savez déjà quel document est demandé, envoyez une copie avec le talon. Gardez l'original.",
    "Cette lettre ne dit rien de votre demande. Nous ne demandons jamais d'argent, ni votre mot de passe.",
)
_SLIP = (
    "Talon à joindre à la copie de votre document",
    "Le code remplace votre nom : n'écrivez rien d'autre. Ne joignez pas d'original.",
    "Envoyez le tout à l'adresse ci-dessous, ou déposez-le à votre mairie.",
)
_PARTNER = {
    Kind.WEBHOOK_OFF: (
        "Ville de Paris : vos notifications sont arrêtées",
        """Les notifications de la Ville de Paris n'arrivent plus à votre adresse
(webhook). Nous avons cessé de les envoyer. Elles vous attendent pendant
35 jours ; nous vous écrirons avant que les premières ne soient effacées.""",
    ),
    Kind.WEBHOOK_AGEING: (
        "Ville de Paris : des notifications vont être effacées",
        """Des notifications vous attendent : votre webhook est arrêté, ou ne les prend
pas. Après 35 jours nous les effaçons, l'une après l'autre ; et dans sept jours
au plus tôt nous pouvons cesser de vous envoyer celle que vous ne prenez pas.
Lisez-les avant, ou rouvrez votre webhook.""",
    ),
    Kind.WEBHOOK_LOST: (
        "Ville de Paris : des notifications ont été effacées",
        """Votre webhook est arrêté depuis longtemps. Des notifications qui vous
attendaient depuis plus de 35 jours ont été effacées : elles ne vous seront
plus envoyées. Votre fil le dit aussi : un curseur plus ancien est refusé
(cursor-gone). Redemandez l'état des dossiers que vous suivez.""",
    ),
}
_PARTNER_BODY = """Bonjour,

{what}

Quand votre programme est de nouveau prêt :
POST {release}/hub/v1/webhook/open

Vos événements se lisent aussi ici, pendant 30 jours au moins :
GET {release}/hub/v1/events

Ville de Paris
"""


def family_letter(message_id: UUID, to: str, door_url: str, *, again: bool) -> Letter:
    """Return what a family is written: that something is asked, and where to read what."""
    text = _FAMILY.format(opening=_STILL if again else _FIRST, door=door_url)
    return Letter(str(message_id), to, _AGAIN if again else _SUBJECT, text)


def code_letter(message_id: UUID, to: str, code: str) -> Letter:
    """Return what brings a code to an address that is to be proved: no link in it, and nothing to answer."""
    text = _CODE.format(code=code, minutes=int(CODE_LIFE.total_seconds() // 60))
    return Letter(str(message_id), to, "Ville de Paris : votre code", text)


def partner_letter(kind: Kind, message_id: UUID, to: str, release_url: str) -> Letter:
    """Return what a partner's contact is written about its webhook: turned off, about to lose what waits, or having lost it."""
    subject, what = _PARTNER[kind]
    return Letter(str(message_id), to, subject, _PARTNER_BODY.format(what=what, release=release_url))


def printed_letter(
    message_id: UUID,
    to: tuple[str, ...],
    code: str,
    *,
    door_url: str,
    sender: tuple[str, ...],
    again: bool,
    now: datetime,
) -> PrintedLetter:
    """Return the letter that a family is sent: the same words for everybody, and a code that leads to what is asked."""
    opening = _STILL_PRINTED if again else _FIRST_PRINTED
    return PrintedLetter(
        message=message_id,
        to=to,
        sender=sender,
        dated=f"Paris, le {in_french(paris_day(now))}",
        subject="Rappel : un document vous est demandé" if again else "Un document vous est demandé",
        paragraphs=("Bonjour,", opening, *_PRINTED),
        code=spelled(code),
        link=f"{door_url}/courrier/{code}",
        code_words=(
            f"Ce code mène à votre demande. Il sert jusqu'au {in_french(paris_day(now + LIFE))}.",
            "Il ne suffit pas pour se connecter à votre place.",
        ),
        slip_words=_SLIP,
    )
