"""The authorisation server's routes (RFC 6749, 7009, 7517, 8414), and how a partner's request is known by its token."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from connectors.jose import ALGORITHMS
from contracts.identifiers import Siret
from hub.api.edge import spend_quota
from hub.api.problems import correlation_of
from hub.api.repeating import once
from hub.api.shapes import TokenShape
from hub.bootstrap import ReleaseDoor
from hub.errors import (
    DetailsRefused,
    HubError,
    InvalidClient,
    InvalidProof,
    InvalidToken,
    ProofNonceNeeded,
    ScopeRefused,
    TokenForeign,
    TokenMissing,
)
from hub.partners.credentials import (
    ASSERTION_TYPE,
    SCOPE,
    Caller,
    Client,
    Wanted,
    admit,
    authenticate_client,
    issue_token,
    read_token,
    revoke_token,
)
from hub.partners.details import DETAIL_TYPE, dumped
from hub.partners.dpop import Proof, Sent, check_proof
from hub.partners.keys import CACHE_LIFE, TOKEN_LIFE
from hub.partners.refusals import Place, count_refusal, siret_of
from hub.quotas import quotas_of
from vault.standing import stand

router = APIRouter(tags=["authorisation"])
TOKEN_PATH, REVOCATION_PATH, JWKS_PATH = "/oauth/token", "/oauth/revoke", "/oauth/jwks"
OAUTH_REFUSALS: dict[int | str, dict[str, object]] = {
    400: {"description": "RFC 6749 error"},
    401: {"description": "RFC 6749 error"},
}
_OAUTH_ERRORS: dict[type[HubError], tuple[int, str]] = {
    InvalidClient: (401, "invalid_client"),
    InvalidProof: (400, "invalid_dpop_proof"),
    ProofNonceNeeded: (400, "use_dpop_nonce"),
    ScopeRefused: (400, "invalid_scope"),
    DetailsRefused: (400, "invalid_authorization_details"),
    TokenForeign: (400, "unauthorized_client"),
}
"""RFC 6749 5.2, RFC 9449 5 and 8, RFC 9396 5, RFC 7009 2.2.1."""


async def door_of(request: Request) -> ReleaseDoor:
    """Return the door this application was assembled with."""
    found: ReleaseDoor = request.app.state.door
    return found


DoorDep = Annotated[ReleaseDoor, Depends(door_of)]


async def _said_twice(request: Request) -> bool:
    """Whether a parameter came twice (RFC 6749 3.2); which of the two counts, readers would not agree on."""
    said = [name for name, _ in (await request.form()).multi_items()]
    return len(said) != len(set(said))


SaidTwice = Annotated[bool, Depends(_said_twice)]


async def caller_of(request: Request, door: DoorDep) -> Caller:
    """Return the partner whose token the request carries, bound to it by a proof of its own.

    From here on the request stands for this partner. Raises :class:`InvalidToken`, :class:`InvalidProof` and
    :class:`ProofNonceNeeded`, of which the first two are counted, :class:`~hub.errors.ReleasesStopped`, and
    :class:`~hub.errors.QuotaExceeded`.
    """
    caller = await run_in_threadpool(_caller_of, request, door)
    # Said here and not in the thread, whose context ends with it.
    stand(partner=caller.siret)
    await once(request, door.custody, f"partner:{caller.siret}")
    return caller


def _caller_of(request: Request, door: ReleaseDoor) -> Caller:
    now = door.custody.now()
    siret: Siret | None = None
    try:
        token = _token_of(request)
        told = read_token(door.issuer, token, now=now)
        siret = told.siret
        proof = check_proof(_sent(request, door), door.issuer.nonces(), now=now, token=token)
        with door.custody.db.single() as tx:
            caller = admit(tx, told, proof)
    except (InvalidToken, InvalidProof) as refusal:
        with door.custody.db.transaction() as tx:
            count_refusal(tx, Place.RESOURCE, refusal, siret=siret, proven=False, now=now)
        raise
    _spend(request, door, caller.siret, caller.requests_per_minute)
    return caller


def _spend(request: Request, door: ReleaseDoor, siret: Siret, limit: int) -> None:
    spend_quota(request, quotas_of(door.custody.db, door.custody.now).take("partner", siret, limit))


def _token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("dpop", "bearer"):
        raise TokenMissing
    # Also where the token itself is good: sent as a bearer's, it shows nothing of who sends it.
    if scheme.lower() != "dpop" or not token.strip():
        raise InvalidToken("no token under the scheme DPoP")
    return token.strip()


CallerDep = Annotated[Caller, Depends(caller_of)]


@router.get("/.well-known/oauth-authorization-server")
def metadata(door: DoorDep) -> dict[str, object]:
    """Return the authorisation server's metadata (RFC 8414)."""
    url = door.issuer.url
    return {
        "issuer": url,
        "token_endpoint": url + TOKEN_PATH,
        "revocation_endpoint": url + REVOCATION_PATH,
        "jwks_uri": url + JWKS_PATH,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_details_types_supported": [DETAIL_TYPE],
        "scopes_supported": [SCOPE],
    }


@router.get(JWKS_PATH)
def jwks(door: DoorDep, response: Response) -> dict[str, object]:
    """Return the public keys of access tokens (RFC 7517): the one that signs, the next, and those not yet over."""
    response.headers["cache-control"] = f"public, max-age={int(CACHE_LIFE.total_seconds())}"
    return door.issuer.jwks(door.custody.now())


@router.post(TOKEN_PATH, response_model=TokenShape, responses=OAUTH_REFUSALS)
def token(
    request: Request,
    door: DoorDep,
    said_twice: SaidTwice,
    grant_type: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form()] = "",
    client_assertion_type: Annotated[str, Form()] = "",
    client_assertion: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "",
    authorization_details: Annotated[str, Form()] = "",
) -> Response:
    """Change a signed assertion and a proof for a token bound to its key (RFC 6749 4.4, RFC 7523, RFC 9449, RFC 9396)."""
    if said_twice or not grant_type:
        return _error(request, 400, "invalid_request")
    if grant_type != "client_credentials":
        return _error(request, 400, "unsupported_grant_type")
    # Nothing is granted that was not named (RFC 9396).
    if not authorization_details:
        return _error(request, 400, "invalid_request")
    now = door.custody.now()
    tries = _Tries(door, Place.TOKEN, client_id)
    try:
        with tries.counted():
            proof = check_proof(_sent(request, door), door.issuer.nonces(), now=now)
            client = tries.authenticated(client_assertion_type, client_assertion, proof)
            _spend(request, door, client.siret, client.requests_per_minute)
            with door.custody.db.read() as tx:
                wanted = Wanted(authorization_details, scope)
                issued = issue_token(tx, door.issuer, client, wanted, proof=proof, now=now)
    except tuple(_OAUTH_ERRORS) as refusal:
        return _refused(request, refusal)
    shape = TokenShape(
        access_token=issued.token,
        expires_in=int(TOKEN_LIFE.total_seconds()),
        scope=SCOPE,
        authorization_details=dumped(issued.granted),
    )
    headers = {"cache-control": "no-store", "dpop-nonce": door.issuer.nonces().fresh(now)}
    return JSONResponse(shape.model_dump(), headers=headers)


@router.post(REVOCATION_PATH, response_class=Response, responses=OAUTH_REFUSALS)
def revoke(
    request: Request,
    door: DoorDep,
    said_twice: SaidTwice,
    client_id: Annotated[str, Form()] = "",
    client_assertion_type: Annotated[str, Form()] = "",
    client_assertion: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> Response:
    """Take one's own access token back before its time (RFC 7009); what is no token of ours is answered alike."""
    if said_twice or not token:
        return _error(request, 400, "invalid_request")
    tries = _Tries(door, Place.REVOCATION, client_id)
    try:
        with tries.counted():
            client = tries.authenticated(client_assertion_type, client_assertion, None)
            with door.custody.db.transaction() as tx:
                revoke_token(tx, door.issuer, client, token, now=door.custody.now())
    except tuple(_OAUTH_ERRORS) as refusal:
        return _refused(request, refusal)
    return Response(status_code=200, headers={"cache-control": "no-store"})


class _Tries:
    """One try at an end-point of the authorisation server, and whose it is as far as that is known."""

    def __init__(self, door: ReleaseDoor, place: Place, client_id: str) -> None:
        self._door = door
        self._place = place
        self._client_id = client_id
        self._client: Client | None = None

    def authenticated(self, kind: str, assertion: str, proof: Proof | None) -> Client:
        """Return who it is; raises :class:`InvalidClient` and :class:`InvalidProof`."""
        if kind != ASSERTION_TYPE:
            raise InvalidClient("assertion type")
        who = {"client_id": self._client_id, "assertion": assertion}
        # A transaction of its own: what was presented has served, whatever becomes of the rest.
        with self._door.custody.db.transaction() as tx:
            now = self._door.custody.now()
            self._client = authenticate_client(tx, self._door.issuer, **who, proof=proof, now=now)
        return self._client

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is refused inside; a nonce that has to be given first is no refusal."""
        try:
            yield
        except ProofNonceNeeded:
            raise
        except HubError as refusal:
            now = self._door.custody.now()
            with self._door.custody.db.transaction() as tx:
                siret = self._client.siret if self._client else siret_of(tx, self._client_id)
                count_refusal(tx, self._place, refusal, siret=siret, proven=self._client is not None, now=now)
            raise


def _sent(request: Request, door: ReleaseDoor) -> Sent:
    # The address by which we are known, not the one a proxy used: partners sign the former.
    path = bytes(request.scope.get("raw_path") or request.scope["path"].encode()).decode("latin-1")
    return Sent(tuple(request.headers.getlist("dpop")), request.method, door.issuer.url + path)


def _refused(request: Request, refusal: HubError) -> Response:
    answer = _error(request, *_OAUTH_ERRORS[type(refusal)])
    if isinstance(refusal, ProofNonceNeeded):
        answer.headers["dpop-nonce"] = refusal.nonce
    return answer


def _error(request: Request, status: int, error: str) -> Response:
    headers = {"cache-control": "no-store", "x-correlation-id": correlation_of(request)}
    return JSONResponse({"error": error}, status, headers)
