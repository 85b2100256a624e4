"""The partners' door: a token, a question, and what the law or the family allows them to have."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from contracts.identifiers import PartnerPseudonym
from hub.api.problems import correlation_of
from hub.api.shapes import AnswerShape, AskShape, OfferedShape, TokenShape
from hub.bootstrap import ReleaseDoor
from hub.deposits.export import archive
from hub.deposits.export import spend as leave
from hub.deposits.preview import spend
from hub.errors import InvalidClient, InvalidToken
from hub.partners.credentials import ASSERTION_TYPE, SCOPE, TOKEN_LIFE, Caller, authenticate, issue_token
from hub.releases.asking import Answer, AnswerKind, Asked, ask, fetch
from vault.crypto.envelope import WHOLE_LIMIT
from vault.documents.opening import Opened

router = APIRouter(tags=["partners"])


def door_of(request: Request) -> ReleaseDoor:
    """Return the door this application was assembled with."""
    found: ReleaseDoor = request.app.state.door
    return found


DoorDep = Annotated[ReleaseDoor, Depends(door_of)]


def caller_of(door: DoorDep, authorization: Annotated[str | None, Header()] = None) -> Caller:
    """Return the partner whose token the request carries; raises :class:`InvalidToken`."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("no bearer token")
    with door.custody.db.read() as tx:
        return authenticate(tx, door.issuer, token.strip(), now=door.custody.now())


CallerDep = Annotated[Caller, Depends(caller_of)]


@router.get("/.well-known/oauth-authorization-server")
def metadata(door: DoorDep) -> dict[str, object]:
    """Return the authorisation server's metadata (RFC 8414)."""
    return {
        "issuer": door.issuer.url,
        "token_endpoint": f"{door.issuer.url}/oauth/token",
        "jwks_uri": f"{door.issuer.url}/oauth/jwks",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "PS256"],
        "scopes_supported": [SCOPE],
    }


@router.get("/oauth/jwks")
def jwks(door: DoorDep) -> dict[str, object]:
    """Return the public keys of access tokens (RFC 7517)."""
    return door.issuer.jwks()


@router.post(
    "/oauth/token",
    response_model=TokenShape,
    responses={400: {"description": "RFC 6749 error"}, 401: {"description": "RFC 6749 error"}},
)
def token(
    request: Request,
    door: DoorDep,
    grant_type: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form(max_length=60)] = "",
    client_assertion_type: Annotated[str, Form()] = "",
    client_assertion: Annotated[str, Form(max_length=8192)] = "",
) -> Response:
    """Change a signed assertion for an access token (RFC 6749 4.4, RFC 7523); errors as RFC 6749 5.2 has them."""
    if grant_type != "client_credentials":
        return _oauth_error(request, 400, "unsupported_grant_type")
    if client_assertion_type != ASSERTION_TYPE:
        return _oauth_error(request, 401, "invalid_client")
    now = door.custody.now()
    try:
        with door.custody.db.transaction() as tx:
            issued = issue_token(tx, door.issuer, client_id=client_id, assertion=client_assertion, now=now)
    except InvalidClient:
        return _oauth_error(request, 401, "invalid_client")
    shape = TokenShape(access_token=issued, expires_in=int(TOKEN_LIFE.total_seconds()), scope=SCOPE)
    return JSONResponse(shape.model_dump(), headers={"cache-control": "no-store"})


@router.post("/hub/v1/evidence-requests", responses={202: {"model": AnswerShape, "description": "Not yet"}})
def ask_evidence(asked: AskShape, door: DoorDep, caller: CallerDep, response: Response) -> AnswerShape:
    """Ask for what a procedure needs: documents, « not yet » with what is awaited, or « none »."""
    question = Asked(
        subject=PartnerPseudonym(asked.subject),
        service=asked.service,
        requirement=asked.requirement,
        purpose=asked.purpose,
        on_behalf_of=asked.on_behalf_of,
    )
    answer = ask(door.custody, door.catalogue, caller, question)
    if answer.kind is AnswerKind.PENDING:
        response.status_code = 202
    return _shape(answer)


@router.get(
    "/hub/v1/evidence/{handle}/content",
    response_class=Response,
    responses={
        200: {
            "description": "The rebuilt copy of a paper, or the record that was pulled",
            "headers": {
                "Release-Receipt": {"description": "Number of this hand-over.", "schema": {"type": "string"}},
                "Repr-Digest": {"description": "RFC 9530; of what is held in memory.", "schema": {"type": "string"}},
            },
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("application/pdf", "image/jpeg", "image/png", "application/json")
            },
        }
    },
)
def fetch_evidence(handle: UUID, request: UUID, door: DoorDep, caller: CallerDep) -> Response:
    """Hand over what was offered in the answer ``request``: the rebuilt copy, verified whole before it leaves."""
    ordered, opened = fetch(door.custody, door.catalogue, caller, handle=handle, request_id=request)
    return _body(opened, {"release-receipt": str(ordered.release_id)})


@router.get("/previews/{ticket}", include_in_schema=False)
def preview(ticket: str, door: DoorDep) -> Response:
    """Show a person their own paper, once per ticket."""
    return _body(spend(door.custody, ticket), {"content-disposition": "inline"})


@router.get("/exports/{ticket}", include_in_schema=False)
def export(ticket: str, door: DoorDep) -> Response:
    """Give a person everything of theirs as one ZIP, once per ticket; a fault on the way cuts it without a clean end."""
    leaving = leave(door.custody, ticket)
    chunks = archive(door.custody, door.catalogue, leaving, journal_key=door.journal_key)
    headers = {"content-disposition": 'attachment; filename="une-fois.zip"', "cache-control": "no-store"}
    return StreamingResponse(_started(chunks), media_type="application/zip", headers=headers)


def _body(opened: Opened, headers: dict[str, str]) -> Response:
    """Answer with an opened document.

    A small one carries its digest (RFC 9530) and was verified in memory; a large one was verified in a first pass,
    and a fault in the second cuts the connection without a clean end.
    """
    headers |= {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox",
        "referrer-policy": "no-referrer",
    }
    if opened.length > WHOLE_LIMIT:
        headers["content-length"] = str(opened.length)
        return StreamingResponse(_started(opened.chunks), media_type=opened.media_type, headers=headers)
    content = b"".join(opened.chunks)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers["repr-digest"] = f"sha-256=:{digest}:"
    return Response(content, media_type=opened.media_type, headers=headers)


def _started(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Take the first chunk now, while a refusal can still be a problem document."""
    first = next(chunks)

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def _shape(answer: Answer) -> AnswerShape:
    return AnswerShape(
        outcome=answer.kind.value,
        request=answer.request_id,
        evidence=[
            OfferedShape(
                id=offered.handle,
                type=offered.evidence_type,
                grade=offered.grade,
                media_type=offered.media_type,
                issued_on=offered.issued_on,
                href=f"/hub/v1/evidence/{offered.handle}/content?request={answer.request_id}",
            )
            for offered in answer.offered
        ],
        awaited=list(answer.awaited),
        until=answer.until,
    )


def _oauth_error(request: Request, status: int, error: str) -> Response:
    headers = {"cache-control": "no-store", "x-correlation-id": correlation_of(request)}
    return JSONResponse({"error": error}, status, headers)
