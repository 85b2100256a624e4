"""The end-points of one provider, as its relying parties see them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from connectors.errors import TokenRefused
from connectors.jose import public_part, sign_compact, verify_compact
from connectors.sandbox.identity import claims, pages
from connectors.sandbox.identity.authorize import SHAPES, NotRedirectable, check_client, find_fault, level
from connectors.sandbox.identity.credentials import is_client
from connectors.sandbox.identity.grants import TOKEN_LIFE, Authorization, GrantRefused, Grants
from connectors.sandbox.identity.sessions import COOKIE, Session, Sessions
from connectors.sandbox.personas import Persona, Population
from connectors.sandbox.provisioning import CLIENT_ID, pairwise_salt, provider_key
from connectors.sandbox.settings import SandboxSettings

FORM_MAX_BYTES = 65_536
_NO_STORE = {"Cache-Control": "no-store"}


class IdentityProvider:
    """One provider: what it does with each request; :func:`router` gives it addresses."""

    def __init__(
        self,
        provider: str,
        settings: SandboxSettings,
        population: Population,
        clock: Callable[[], datetime],
        *,
        grants: Grants,
    ) -> None:
        """Play ``provider``, one of ``franceconnect``, ``mon-paris`` and ``proconnect``."""
        self._name = provider
        self._settings = settings
        self._population = population
        self._clock = clock
        self._grants = grants
        self._sessions = Sessions()
        self._issuer = settings.issuer(provider)

    def discovery(self) -> Response:
        """Say where everything is (OpenID Connect Discovery 1.0)."""
        auth = "private_key_jwt" if self._name == "franceconnect" else "client_secret_post"
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "userinfo_endpoint": f"{self._issuer}/userinfo",
                "jwks_uri": f"{self._issuer}/jwks",
                "end_session_endpoint": f"{self._issuer}/session/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "userinfo_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": [auth],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def jwks(self) -> Response:
        """Publish the key."""
        return JSONResponse({"keys": [public_part(provider_key(self._settings.state, self._name))]})

    def authorize(self, pairs: list[tuple[str, str]], persona_id: str | None, cookie: str | None) -> Response:
        """Sign the chosen persona in, or whoever has a session here that will do, or show who can be chosen."""
        parameters = dict(pairs)
        try:
            check_client(self._settings, self._name, pairs)
        except NotRedirectable as refusal:
            return HTMLResponse(pages.plain("Demande refusée", f"Erreur : {refusal}"), status_code=400)
        fault = find_fault(self._name, parameters)
        if fault is not None:
            return self._back(parameters, {"error": fault.error, "error_description": fault.description})
        chosen = persona_id or parameters.get("login_hint")
        session = None if chosen else self._sessions.fitting(cookie, parameters, now=self._clock())
        if chosen is None and session is None:
            return HTMLResponse(pages.choice(self._name, self._population.at(self._name), parameters))
        session = session or Session(str(chosen), self._clock())
        persona = self._population.find(session.persona_id, self._name)
        if persona is None:
            return self._back(parameters, {"error": "access_denied", "error_description": "no such account"})
        answer = self._back(parameters, {"code": self._grants.issue(self._agreed(parameters, persona, session))})
        if chosen is not None:
            kept = self._sessions.open(session)
            answer.set_cookie(COOKIE + self._name, kept, httponly=True, samesite="lax", path=f"/{self._name}")
        return answer

    def token(self, form: dict[str, str]) -> Response:
        """Change a code for tokens."""
        now = self._clock()
        if not is_client(self._settings, self._name, form, grants=self._grants, now=now):
            return JSONResponse({"error": "invalid_client"}, status_code=401, headers=_NO_STORE)
        if form.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400, headers=_NO_STORE)
        try:
            authorization, token = self._grants.redeem(
                form.get("code", ""),
                provider=self._name,
                client_id=CLIENT_ID,
                redirect_uri=form.get("redirect_uri", ""),
                verifier=form.get("code_verifier", ""),
                now=now,
            )
        except GrantRefused as refusal:
            return JSONResponse(
                {"error": "invalid_grant", "error_description": str(refusal)}, status_code=400, headers=_NO_STORE
            )
        told = claims.id_token(authorization, issuer=self._issuer, sub=self._subject(authorization), now=now)
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFE.total_seconds()),
                "scope": authorization.scope,
                "id_token": sign_compact(told, provider_key(self._settings.state, self._name)),
            },
            headers=_NO_STORE,
        )

    def userinfo(self, bearer: str) -> Response:
        """Say who signed in, as a signed JWT."""
        now = self._clock()
        token = bearer.removeprefix("Bearer ")
        try:
            authorization = self._grants.holder(token, provider=self._name, now=now)
        except GrantRefused:
            return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        told = claims.userinfo(authorization, issuer=self._issuer, sub=self._subject(authorization), now=now)
        signed = sign_compact(told, provider_key(self._settings.state, self._name))
        return Response(signed, media_type="application/jwt", headers=_NO_STORE)

    def end_session(self, told: Mapping[str, str], cookie: str | None) -> Response:
        """End the session and go back, to the door only and only with a token of ours (RP-Initiated Logout 1.0)."""
        self._sessions.end(cookie)
        door, return_to, state = self._settings.door_url, told.get("post_logout_redirect_uri", ""), told.get("state")
        known = return_to == door or return_to.startswith(f"{door}/")
        if not known or not self._issued(told.get("id_token_hint", "")):
            return HTMLResponse(pages.plain("Déconnexion", "Vous êtes déconnecté."))
        return RedirectResponse(f"{return_to}?{urlencode({'state': state})}" if state else return_to, status_code=303)

    def _issued(self, hint: str) -> bool:
        """Tell whether an identity token is ours and the door's; it may be over."""
        try:
            key = public_part(provider_key(self._settings.state, self._name))
            claims = verify_compact(hint, [key], algorithms=("ES256",), typ=None)
        except TokenRefused:
            return False
        return (claims.get("iss"), claims.get("aud")) == (self._issuer, CLIENT_ID)

    def _agreed(self, parameters: dict[str, str], persona: Persona, session: Session) -> Authorization:
        return Authorization(
            provider=self._name,
            persona=persona,
            client_id=CLIENT_ID,
            redirect_uri=parameters["redirect_uri"],
            scope=parameters["scope"],
            nonce=parameters["nonce"],
            acr=level(self._name, parameters) or "",
            challenge=parameters["code_challenge"],
            at=self._clock(),
            authenticated_at=session.at,
        )

    def _subject(self, authorization: Authorization) -> str:
        salt = pairwise_salt(self._settings.state)
        return claims.subject(self._name, authorization.persona, authorization.client_id, salt)

    def _back(self, parameters: dict[str, str], answer: dict[str, str]) -> Response:
        told = answer | {"state": parameters.get("state", ""), "iss": self._issuer}
        return RedirectResponse(f"{parameters['redirect_uri']}?{urlencode(told)}", status_code=303)


async def _form(request: Request) -> list[tuple[str, str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_MAX_BYTES:
            return []
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return []


def router(
    provider: str,
    settings: SandboxSettings,
    population: Population,
    clock: Callable[[], datetime],
    *,
    grants: Grants,
) -> APIRouter:
    """Return the routes of ``provider`` under its name; others of the sandbox know its access tokens by ``grants``."""
    if provider not in SHAPES:
        raise ValueError("no such provider")
    plays = IdentityProvider(provider, settings, population, clock, grants=grants)
    routes = APIRouter(prefix=f"/{provider}")
    routes.add_api_route("/.well-known/openid-configuration", plays.discovery, methods=["GET"])
    routes.add_api_route("/jwks", plays.jwks, methods=["GET"])

    @routes.get("/authorize")
    def authorize(request: Request) -> Response:
        return plays.authorize(list(request.query_params.multi_items()), None, request.cookies.get(COOKIE + provider))

    @routes.post("/authorize")
    async def authorize_chosen(request: Request) -> Response:
        pairs = await _form(request)
        persona = next((value for name, value in pairs if name == "persona"), "")
        return plays.authorize([pair for pair in pairs if pair[0] != "persona"], persona, None)

    @routes.post("/token")
    async def token(request: Request) -> Response:
        return plays.token(dict(await _form(request)))

    @routes.get("/userinfo")
    def userinfo(request: Request) -> Response:
        return plays.userinfo(request.headers.get("authorization", ""))

    @routes.get("/session/end")
    def end_session(request: Request) -> Response:
        return plays.end_session(request.query_params, request.cookies.get(COOKIE + provider))

    return routes
