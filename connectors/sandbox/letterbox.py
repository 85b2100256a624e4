"""The print room, played: what was dropped for printing, to be looked at; and one page with all that families were sent."""

import json
import re
import zipfile
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from connectors.post.codec import ORDER, SHEET
from connectors.sandbox.identity.pages import page
from connectors.sandbox.mailbox import Mailbox
from connectors.sandbox.provisioning import create_print_drop
from connectors.sandbox.telephones import Telephones

_NAME = re.compile(r"courrier-[0-9a-f-]{36}\.zip")
_PLAYED = "Voici ce que le système a envoyé aux familles pendant cette démonstration ; ces personnes n'existent pas."


def router(mailbox: Mailbox, telephones: Telephones, state: Path) -> APIRouter:
    """Return the routes that show letters as they would be printed, and everything that was sent on one page."""
    drop = create_print_drop(state)
    routes = APIRouter()

    @routes.get("/sandbox/letters")
    def letters() -> list[dict[str, Any]]:
        return dropped(drop)

    @routes.get("/sandbox/letters/{name}")
    def letter(name: str) -> Response:
        path = drop / f"{name}.zip"
        if not _NAME.fullmatch(path.name) or not path.is_file():
            return Response(status_code=404)
        return Response(_sheet(path), media_type="application/pdf")

    @routes.get("/sandbox/messages")
    def everything() -> HTMLResponse:
        return HTMLResponse(_all_of_it(mailbox, telephones, drop))

    return routes


def dropped(drop: Path) -> list[dict[str, Any]]:
    """Return the orders that came with the letters of a drop, oldest first."""
    found = sorted(drop.glob("courrier-*.zip"), key=lambda path: path.stat().st_mtime_ns)
    return [_order(path) | {"sheet": f"/sandbox/letters/{path.stem}"} for path in found]


def _order(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as parcel:
        told: dict[str, Any] = json.loads(parcel.read(ORDER))
    return told


def _sheet(path: Path) -> bytes:
    with zipfile.ZipFile(path) as parcel:
        return parcel.read(SHEET)


def _all_of_it(mailbox: Mailbox, telephones: Telephones, drop: Path) -> str:
    mails = [f"À {one['to']} : {one['subject']}\n\n{one['text']}" for one in reversed(mailbox.of(None))]
    texts = [f"Au {one['to']}, de {one['sender']} :\n\n{one['text']}" for one in reversed(telephones.of(None))]
    links = [
        f'<li><a href="{escape(one["sheet"])}">Courrier {escape(one["message"])}</a></li>'
        for one in reversed(dropped(drop))
    ]
    body = (
        "<h1>Ce que les familles ont reçu</h1>"
        f"<h2>Par SMS</h2>{_cards(texts)}<h2>Par courrier</h2>{_list(links)}<h2>Par courriel</h2>{_cards(mails)}"
    )
    return page("Messages envoyés (bac à sable)", "Messages", body, played=_PLAYED)


def _cards(messages: list[str]) -> str:
    return _list([f"<li>{escape(one).replace(chr(10), '<br>')}</li>" for one in messages])


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(items)}</ul>" if items else '<p class="soft">Rien pour l\'instant.</p>'
