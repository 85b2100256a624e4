"""HubEE's answers, whatever carries them: tokens, the queue, cases, files, events; each wrong request is refused as HubEE does."""

import base64
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit
from uuid import UUID, uuid4

from connectors.port import WireRequest
from connectors.sandbox.hubee.books import SENDER, WHEN, Books, HeldCase
from connectors.sandbox.wire import Answer, header_of, until

STATUSES = frozenset({"SENT", "SI_RECEIVED", "SI_INTG_ERROR", "IN_PROGRESS", "ADD_AWAITING", "REFUSED", "DONE"})
ACTIONS = frozenset({"STATUS_UPDATE", "SENDING_MESSAGE", "ATTACH_DEPOSIT"})
TOKEN_FOR = timedelta(hours=1)
_NUMBER = "([0-9a-fA-F-]{36})"
_JSON = (("content-type", "application/json"),)


@dataclass
class PlayedHubee:
    """One client of HubEE's, of the body ``siret``; ``honours_process`` is whether the queue is filtered as asked."""

    siret: str
    client_id: str
    client_secret: str
    clock: Callable[[], datetime]
    books: Books = field(default_factory=Books)
    honours_process: bool = True
    _tokens: dict[str, datetime] = field(default_factory=dict, repr=False)

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        path = urlsplit(request.url).path
        if path.endswith("/oauth2/token"):
            return self._token(request)
        bearer = header_of(request, "authorization").removeprefix("Bearer ")
        if self._tokens.get(bearer, self.clock()) <= self.clock():
            return _problem(401, "Unauthorized")
        for pattern, method, serve in self._routes():
            found = re.search(pattern, path)
            if found is not None and method == request.method:
                with self.books.lock:
                    return serve(request, *(UUID(one) for one in found.groups()))
        return _problem(404, "No such resource")

    def trouble(self, kind: str, _request: WireRequest) -> Answer | None:
        """Say a trouble in HubEE's own words."""
        if kind in ("fault_in_200", "error_in_200"):
            return Answer(200, json.dumps({"errors": [{"code": 500, "message": "Internal server"}]}).encode(), _JSON)
        if kind == "closed":
            later = format_datetime(until(self.clock()), usegmt=True)
            return Answer(503, b"", (("retry-after", later),))
        return None

    def _routes(self) -> tuple[tuple[str, str, Callable[..., Answer]], ...]:
        return (
            (r"/notifications$", "GET", self._queue),
            (rf"/notifications/{_NUMBER}$", "DELETE", self._acknowledge),
            (rf"/cases/{_NUMBER}$", "GET", self._case),
            (rf"/cases/{_NUMBER}$", "PATCH", self._set_status),
            (rf"/cases/{_NUMBER}/attachments/{_NUMBER}$", "GET", self._file),
            (rf"/cases/{_NUMBER}/events$", "POST", self._event),
            (rf"/cases/{_NUMBER}/events/{_NUMBER}$", "PATCH", self._event_received),
        )

    def _token(self, request: WireRequest) -> Answer:
        basic = header_of(request, "authorization").removeprefix("Basic ")
        asked = parse_qs(request.body.decode("ascii", "replace"))
        who = [unquote_plus(one) for one in base64.b64decode(basic).decode().split(":")]
        if who != [self.client_id, self.client_secret]:
            return Answer(401, b'{"error":"invalid_client"}', _JSON)
        if asked.get("grant_type") != ["client_credentials"] or asked.get("scope") != ["SI"]:
            return Answer(400, b'{"error":"invalid_scope"}', _JSON)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self.clock() + TOKEN_FOR
        said = {"access_token": token, "token_type": "Bearer", "expires_in": int(TOKEN_FOR.total_seconds())}
        return _say(200, said)

    def _queue(self, request: WireRequest) -> Answer:
        asked = parse_qs(urlsplit(request.url).query)
        at_most = asked.get("maxResult", ["100"])[0]
        if not at_most.isdigit():
            return _problem(400, "Bad Request : Validation failed.")
        wanted = asked.get("processCode")
        shown = [
            one for one in self.books.queue if not (wanted and self.honours_process) or one["processCode"] in wanted
        ]
        return _say(200, shown[: int(at_most)])

    def _acknowledge(self, _request: WireRequest, number: UUID) -> Answer:
        found = next((one for one in self.books.queue if one["id"] == str(number)), None)
        if found is None:
            return _problem(404, "Notification is not found")
        self.books.queue.remove(found)
        self.books.count(f"acknowledge/{number}")
        return Answer(204)

    def _case(self, _request: WireRequest, case_id: UUID) -> Answer:
        held = self._held(case_id)
        return held if isinstance(held, Answer) else _say(200, held.shown())

    def _file(self, _request: WireRequest, case_id: UUID, number: UUID) -> Answer:
        held = self._held(case_id)
        if isinstance(held, Answer):
            return held
        one = held.files.get(number)
        if one is None:
            return _problem(404, "File is not found")
        headers = (("content-type", "application/octet-stream"),)
        return Answer(200, one.content, (*headers, ("digest", one.digest)) if one.digest else headers)

    def _set_status(self, request: WireRequest, case_id: UUID) -> Answer:
        held, said = self._held(case_id), _body(request)
        if isinstance(held, Answer):
            return held
        if said.get("status") not in STATUSES:
            return _problem(400, "Bad Request : Validation failed.")
        held.status = said["status"]
        self.books.effects[f"status/{case_id}/{held.status}"] = 1
        return Answer(204)

    def _event(self, request: WireRequest, case_id: UUID) -> Answer:
        held, said = self._held(case_id), _body(request)
        if isinstance(held, Answer):
            return held
        known = said.get("actionType") in ACTIONS and said.get("caseNewStatus") in STATUSES
        if not known or not said.get("author") or said.get("notification") is None:
            return _problem(400, "Bad Request : Validation failed.")
        event = said | {"id": str(uuid4()), "status": "SENT", "transmitter": held.recipient}
        event |= {"createDateTime": WHEN, "updateDateTime": WHEN}
        held.events.append(event)
        self.books.count(f"event/{case_id}/{said['caseNewStatus']}")
        return _say(201, event)

    def _event_received(self, request: WireRequest, case_id: UUID, number: UUID) -> Answer:
        held, said = self._held(case_id), _body(request)
        if isinstance(held, Answer):
            return held
        event = next((one for one in held.events if one["id"] == str(number)), None)
        if event is None or said.get("status") != "RECEIVED":
            return _problem(404 if event is None else 400, "event is not found")
        event["status"] = "RECEIVED"
        self.books.effects[f"received/{number}"] = 1
        return Answer(204)

    def close(self, case_id: UUID) -> None:
        """Have whoever sent a case close it, which is an event for the body."""
        with self.books.lock:
            held = self.books.cases[case_id]
            event = {"id": str(uuid4()), "actionType": "STATUS_UPDATE", "caseNewStatus": "CLOSED", "status": "SENT"}
            held.status = "CLOSED"
            held.events.append(event | {"transmitter": SENDER, "notification": True, "createDateTime": WHEN})
            self.books.notify(self.siret, case=case_id, event=UUID(event["id"]))

    def _held(self, case_id: UUID) -> HeldCase | Answer:
        held = self.books.cases.get(case_id)
        if held is None:
            return _problem(404, "Case is not found")
        return held if held.recipient["companyRegister"] == self.siret else _problem(403, "Unauthorized user")


def _body(request: WireRequest) -> dict[str, Any]:
    try:
        said = json.loads(request.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _say(status: int, told: Any) -> Answer:
    return Answer(status, json.dumps(told, ensure_ascii=False).encode(), _JSON)


def _problem(status: int, message: str) -> Answer:
    return _say(status, {"errors": [{"code": status, "message": message}]})
