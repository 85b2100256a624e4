"""Every operation of both OpenAPI documents asked with whatever its schema allows and forbids: no fault, no answer it does not say."""

import json
import os
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from connectors.jose import sign_self_signed
from hub.app import partners_routes, residents_routes
from tests.journeys.agents import ODILE, Agent
from tests.journeys.doors import Partner, family
from tests.journeys.test_informing import DETAIL
from tests.system import Resident

CASES = int(os.environ.get("UNEFOIS_EXAMPLES", "2"))  # noqa: TID251 - how long the test run looks, not a process
schemathesis.serializer("application/offset+octet-stream")(lambda _, value: as_bytes(value))
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
DOCUMENTS = {
    "residents": schemathesis.openapi.from_dict(residents_routes().openapi()),
    "partners": schemathesis.openapi.from_dict(partners_routes().openapi()),
}
OPERATIONS = [(door, found.ok()) for door, document in DOCUMENTS.items() for found in document.get_all_operations()]
STAYS_SIGNED_IN = {"cookie", "authorization", "dpop"}


def as_bytes(value: Any) -> bytes:
    """A piece of an upload, whatever was made up for it."""
    return value if isinstance(value, bytes) else str(value).encode()


class Sent(requests.auth.AuthBase):
    """Makes a request somebody's, after everything else was made up: a session, or a token with its proof."""

    def __init__(self, cookie: str = "", partner: Partner | None = None) -> None:
        self.cookie, self.partner, self.nonce = cookie, partner, None
        self.token = partner.token(authorization_details=details(partner)) if partner else None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.cookie:
            request.headers["cookie"] = self.cookie
        if self.partner is not None:
            proving = self.partner.proving(self.token)
            proving.nonce = self.nonce
            claims = proving.claims(_Asked(request.method, str(request.url).partition("?")[0]))
            request.headers["dpop"] = sign_self_signed(claims, self.partner.proof_key, typ="dpop+jwt")
            request.headers["authorization"] = f"DPoP {self.token}"
        return request


class _Asked:
    def __init__(self, method: str | None, url: str) -> None:
        self.method, self.url = method, url


def details(partner: Partner) -> str:
    return json.dumps([*partner.details(), DETAIL])


@pytest.fixture(scope="module")
def callers(running) -> dict[str, Sent]:
    parent: Resident = family(running)[0]
    agent = Agent(running, ODILE).sign_in()
    return {
        "session": Sent(cookie=f"unefois_session={parent.http.cookies['unefois_session']}"),
        "agent_session": Sent(cookie=f"unefois_agent={agent.http.cookies.get('unefois_agent', path='/agents')}"),
        "partner_token": Sent(partner=Partner(running, "caisse-13")),
        "": Sent(),
    }


def guard_of(operation: Any) -> str:
    wanted = operation.definition.raw.get("security", [])
    return next((name for proof in wanted for name in proof), "")


def asked(base: str, case: Any, sender: Sent) -> requests.Response:
    """Send a case as its caller, and again where the server first gives a nonce."""
    for header in list(case.headers or {}):
        if header.lower() in STAYS_SIGNED_IN:
            del case.headers[header]
    case.cookies = {}
    answer = case.call(base_url=base, auth=sender, allow_redirects=False, timeout=30)
    if sender.partner is not None and "dpop-nonce" in answer.headers and answer.status_code == 401:
        nonce = answer.headers["dpop-nonce"]
        sender.nonce = nonce[0] if isinstance(nonce, list) else nonce
        answer = case.call(base_url=base, auth=sender, allow_redirects=False, timeout=30)
    return answer


@pytest.mark.parametrize(("door", "operation"), OPERATIONS, ids=[f"{d}: {o.label}" for d, o in OPERATIONS])
def test_an_operation_answers_whatever_it_is_asked_as_its_document_says(running, callers, door, operation):
    base = running.door_url if door == "residents" else running.release_url
    sender = callers[guard_of(operation)]
    ways = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @settings(
        max_examples=CASES,
        phases=(Phase.generate,),
        derandomize=CASES == 2,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=st.one_of(*ways))
    def try_it(case: Any) -> None:
        answer = asked(base, case, sender)
        case.validate_response(answer, checks=CHECKS)

    try_it()
