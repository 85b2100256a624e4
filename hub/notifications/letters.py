"""The words of messages: to families plain French that names nobody and nothing; to partners' contacts what to do."""

from uuid import UUID

from connectors.mail import Letter

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
_FIRST = "Un document vous est demandé pour une démarche que vous avez faite."
_STILL = "Nous attendons encore un document pour une démarche que vous avez faite."
_PARTNER = """Bonjour,

Les notifications de la Ville de Paris n'arrivent plus à votre adresse
(webhook). Nous avons cessé de les envoyer. Rien n'est perdu : elles attendent.

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


def partner_letter(message_id: UUID, to: str, release_url: str) -> Letter:
    """Return what a partner's contact is written when its webhook was turned off."""
    subject = "Ville de Paris : vos notifications sont arrêtées"
    return Letter(str(message_id), to, subject, _PARTNER.format(release=release_url))
