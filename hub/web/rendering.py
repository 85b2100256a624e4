"""How a page is made: one set of templates, the headers every page carries, and who it greets."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension

from hub.api.callers import BY_AGENT
from hub.bootstrap import Door
from hub.persons.accounts import SignedIn
from hub.persons.agents import Role, SignedInAgent
from hub.web import words

FOLDER = Path(__file__).parent
STATIC_FOLDER = FOLDER / "static"
_BEFORE_MARKS = re.compile("(?<=\\S) (?=[:;?!»])")


HELPING_PATH = "/agents/aide"
"""The agents' page of helping somebody."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, as the head of the page names them."""

    name: str
    counter: bool = False
    """An agent who welcomes families at the counter."""
    helping: str = ""
    """The page on which they end acting for somebody else, who is named too; nothing where they act for themselves."""


def agent_visitor(who: SignedInAgent) -> Visitor:
    """Return the name an agent is greeted by, and whether the counter's pages are theirs."""
    return Visitor(who.name, counter=bool(who.bodies(Role.COUNTER)))


def visitor(who: SignedIn) -> Visitor:
    """Return the name a signed-in person is greeted by: first given name, family name."""
    name = " ".join((*who.given_names[:1], who.family_name))
    if who.helper is None:
        return Visitor(name)
    return Visitor(f"{who.helper} pour {name}", helping=HELPING_PATH if who.provider == BY_AGENT else "/mandats")


def security_headers(form_targets: Iterable[str] = (), *, assets: str = "'self'") -> dict[str, str]:
    """Return the headers of every page; ``form_targets`` are the other origins a form may lead to.

    ``assets`` is where style and script come from.
    Browsers hold a form's redirect to ``form-action`` too (CSP Level 3, 4.2.6), so signing out at the provider and
    seeing a paper at the release door need their origins named.
    """
    policy = (
        "default-src 'none'",
        f"style-src {assets}",
        f"script-src {assets}",
        "img-src 'self' data:",
        "connect-src 'self'",
        " ".join(("form-action 'self'", *sorted(set(form_targets)))),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


def page_headers(door: Door) -> dict[str, str]:
    """Return the headers of the pages of this door."""
    ends = (provider.end_session_endpoint for provider in door.providers.values())
    return security_headers(origin_of(address) for address in (door.settings.release_url, *ends))


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def render(
    request: Request, template: str, *, who: Visitor | None = None, status: int = 200, **page: object
) -> HTMLResponse:
    """Return a page; ``page`` holds view models only, never a row or a secret."""
    html = markup(template, path=request.url.path, who=who, **page)
    return HTMLResponse(html, status, page_headers(request.app.state.door))


def markup(template: str, *, path: str, who: Visitor | None = None, **page: object) -> str:
    """Return the HTML of a template; an unknown name in it is an error and never an empty place."""
    return _TEMPLATES.get_template(template).render(path=path, who=who, **page)


class _Typography(Extension):
    """Puts a no-break space before : ; ? ! and » in the templates' own words, never in what people wrote."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's own signature
        return _BEFORE_MARKS.sub(words.NBSP, source)


def _static(name: str) -> str:
    """Return the address of a static file; its digest makes a new release fetch it anew."""
    return f"/static/{name}?v={_DIGESTS[name]}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_Typography],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = _static
    made.filters |= {
        "day": words.day,
        "moment": words.moment,
        "born": words.born,
        "school_year": words.school_year,
        "size": words.size,
    }
    return made


_DIGESTS = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in STATIC_FOLDER.iterdir()}
_TEMPLATES = _environment()
