"""The one page a provider shows: it asks who you want to be."""

from collections.abc import Iterable, Mapping
from html import escape

from connectors.sandbox.personas import Persona

_NAMES = {"franceconnect": "FranceConnect", "mon-paris": "Mon Paris", "proconnect": "ProConnect"}


def choice(provider: str, personas: Iterable[Persona], parameters: Mapping[str, str]) -> str:
    """Return the page that lists ``personas``; choosing one posts ``parameters`` back with it."""
    name = _NAMES[provider]
    hidden = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in parameters.items()
    )
    buttons = "".join(
        f'<li><button name="persona" value="{escape(persona.id)}">{escape(persona.label)}</button></li>'
        for persona in personas
    )
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{name} (bac à sable)</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
        f"<main><h1>{name} (bac à sable)</h1><p>Ces personnes n'existent pas. Choisissez qui vous êtes.</p>"
        f'<form method="post">{hidden}<ul>{buttons}</ul></form></main></body></html>'
    )


def plain(title: str, sentence: str) -> str:
    """Return a page that says one thing."""
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(sentence)}</p></main></body></html>"
    )
