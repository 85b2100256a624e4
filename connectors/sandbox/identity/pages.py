"""The pages a provider of the sandbox shows: who do you want to be, and one sentence at a time."""

from collections.abc import Iterable, Mapping
from html import escape

from connectors.sandbox.personas import Persona

_NAMES = {"franceconnect": "FranceConnect", "mon-paris": "Mon Paris", "proconnect": "ProConnect"}
_FOR = {
    "franceconnect": "Un particulier se connecte avec son compte des impôts, de l'Assurance maladie ou de La Poste.",
    "mon-paris": "Un particulier se connecte avec le compte qu'il a créé à la Ville.",
    "proconnect": "Un agent public se connecte avec le compte de son service.",
}
_PLAYED = "C'est un fournisseur d'identité de test ; ces personnes n'existent pas."
_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1f; --soft: #52525b; --page: #fff; --card: #f2f4fb; --line: #8a8d99;
  --brand: #4a3b8f; --warn: #6b4700; --warn-page: #fff4d6; --focus: #0a5bd8; }
@media (prefers-color-scheme: dark) { :root { --text: #f0f0f3; --soft: #c0c2cc; --page: #16171d; --card: #20222b;
  --brand: #c8bfff; --warn: #ffd98a; --warn-page: #33280f; --focus: #8ab4ff; } }
* { box-sizing: border-box; }
body { margin: 0; font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; font-size: 106.25%;
  line-height: 1.5; color: var(--text); background: var(--page); overflow-wrap: break-word; }
header, main { max-width: 40rem; margin: 0 auto; padding: 0 1rem; }
header { border-top: 6px solid var(--brand); padding-top: 1rem; }
.name { font-size: 1.3rem; font-weight: 700; color: var(--brand); margin: 0; }
.warn { background: var(--warn-page); color: var(--warn); border-left: 4px solid; padding: .75rem 1rem; margin: 1rem 0; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; }
.soft { color: var(--soft); }
ul { list-style: none; margin: 1rem 0 2rem; padding: 0; }
li { margin: .6rem 0; }
button { font: inherit; text-align: left; width: 100%; min-height: 3rem; padding: .7rem 1rem; cursor: pointer;
  color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
button:hover { border-color: var(--brand); text-decoration: underline; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
"""


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
    body = (
        "<h1>Qui voulez-vous être ?</h1>"
        f'<p class="soft">{escape(_FOR[provider])} Ici, choisissez une personne : il n\'y a pas de mot de passe.</p>'
        f'<form method="post">{hidden}<ul>{buttons}</ul></form>'
    )
    return page(f"{name} (bac à sable)", name, body)


def plain(title: str, sentence: str) -> str:
    """Return a page that says one thing."""
    return page(title, "Bac à sable", f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>")


def page(title: str, name: str, body: str, *, played: str = _PLAYED) -> str:
    """Return a page of the sandbox; ``played`` says what is played here, and that nobody on it exists."""
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head><body>'
        f'<header><p class="name">{escape(name)} <span class="soft">(bac à sable)</span></p>'
        '<p class="warn"><strong>Ce n\'est pas le vrai service.</strong> '
        f"{escape(played, quote=False)}</p></header>"
        f"<main>{body}</main></body></html>"
    )
