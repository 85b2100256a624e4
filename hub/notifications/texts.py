"""The words of text messages: one message each in the alphabet of every telephone, without a link and about nobody.

A text message with a link looks like a fraud, and teaches families to follow those that are.
"""

from hub.notifications.proving_contact import CODE_LIFE

LONGEST = 160
"""Characters of one message in the GSM alphabet (3GPP TS 23.038); beyond, it is cut into several."""
_ASK = (
    "Ville de Paris : {what} pour une démarche. "
    "Connectez-vous à Une Fois, ou passez au guichet de votre mairie. Jamais de lien dans nos SMS."
)
_FIRST = "un document vous est demandé"
_STILL = "nous attendons un document"
_CODE = (
    "Ville de Paris : votre code est {code}. Il sert {minutes} minutes, à confirmer ce numéro. "
    "Vous n'avez rien demandé ? Ne le donnez à personne."
)


def family_text(*, again: bool) -> str:
    """Return what a family is written: that something is asked, and where to read what."""
    return _ASK.format(what=_STILL if again else _FIRST)


def code_text(code: str) -> str:
    """Return what brings a code to a telephone."""
    return _CODE.format(code=code, minutes=int(CODE_LIFE.total_seconds() // 60))
