"""The providers sign in who may, and refuse what the real ones refuse, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from connectors.errors import SignInRefused
from connectors.http import HttpTransport
from connectors.jose import generate_key
from connectors.oidc.flow import (
    SignInAttempt,
    Tokens,
    authorization_url,
    end_session_url,
    jwks_request,
    new_attempt,
    read_callback,
    read_tokens,
    token_request,
    userinfo_request,
)
from connectors.oidc.person import SignedInPerson
from connectors.oidc.provider import (
    ACR_VALUES,
    LIMITS,
    SCOPES,
    ClientKey,
    ClientSecret,
    ProviderConfig,
    Shape,
    standard_endpoints,
)
from connectors.oidc.tokens import read_jwks, read_userinfo, verify_id_token
from connectors.sandbox.identity import pages
from connectors.sandbox.identity.authorize import SHAPES
from connectors.sandbox.personas import Population
from connectors.sandbox.provisioning import CLIENT_ID, create_client_secret, register_client_key
from contracts.identifiers import new_uuid
from tests.unit.connectors.sandbox.conftest import Sandbox

DOOR_KEY = generate_key("door-1")


@pytest.fixture(params=["franceconnect", "mon-paris", "proconnect"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def transport(sandbox: Sandbox) -> Iterator[HttpTransport]:
    with HttpTransport(LIMITS, origin=sandbox.url) as way:
        yield way


def configure(sandbox: Sandbox, provider: str) -> ProviderConfig:
    shape = SHAPES[provider]
    auth: ClientKey | ClientSecret
    if shape is Shape.FRANCECONNECT:
        register_client_key(sandbox.state, provider, DOOR_KEY)
        auth = ClientKey(jwk=DOOR_KEY)
    else:
        auth = ClientSecret(value=SecretStr(create_client_secret(sandbox.state, provider)))
    return ProviderConfig(
        shape=shape,
        client_id=CLIENT_ID,
        client_auth=auth,
        redirect_uri=f"http://door.test/sign-in/{provider}/callback",
        scopes=SCOPES[shape],
        acr_values=ACR_VALUES[shape],
        **standard_endpoints(f"{sandbox.url}/{provider}"),
    )


WHO = {"franceconnect": "solene", "mon-paris": "yewande", "proconnect": "claire-agent"}


def answer_of(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 303
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def code_for(config: ProviderConfig, attempt: SignInAttempt, who: str) -> str:
    return read_callback(config, attempt, answer_of(httpx.get(authorization_url(config, attempt, login_hint=who))))


def redeem(transport: HttpTransport, config: ProviderConfig, attempt: SignInAttempt, code: str) -> Tokens:
    request = token_request(config, attempt, code, now=datetime.now(UTC), assertion_id=new_uuid())
    return read_tokens(transport.send(request))


def sign_in(transport: HttpTransport, config: ProviderConfig, who: str) -> SignedInPerson:
    attempt, now = new_attempt(), datetime.now(UTC)
    tokens = redeem(transport, config, attempt, code_for(config, attempt, who))
    keys = read_jwks(transport.send(jwks_request(config)))
    identity = verify_id_token(config, tokens.id_token, keys, nonce=attempt.nonce, now=now)
    exchange = transport.send(userinfo_request(config, tokens.access_token))
    return read_userinfo(config, exchange, keys, identity=identity, now=now)


def test_each_provider_signs_somebody_in(sandbox: Sandbox, transport: HttpTransport, provider: str) -> None:
    person = sign_in(transport, configure(sandbox, provider), WHO[provider])
    assert person.level == ACR_VALUES[SHAPES[provider]][0]
    assert person.issuer == f"{sandbox.url}/{provider}"
    assert bool(person.siret) is (provider == "proconnect")


def test_franceconnect_gives_the_pivot_identity(sandbox: Sandbox, transport: HttpTransport) -> None:
    person = sign_in(transport, configure(sandbox, "franceconnect"), "solene")
    assert person.given_names == ("Solène", "Marie Nadège")
    assert (person.birthdate, person.birthplace, person.birthcountry) == ("1988-04-17", "75113", "99100")
    assert person.subject.endswith("v1")


def test_the_subject_is_the_same_each_time_and_another_at_each_provider(
    sandbox: Sandbox, transport: HttpTransport
) -> None:
    first = sign_in(transport, configure(sandbox, "franceconnect"), "solene").subject
    assert sign_in(transport, configure(sandbox, "franceconnect"), "solene").subject == first
    assert sign_in(transport, configure(sandbox, "mon-paris"), "solene").subject != first


def test_discovery_is_what_we_wrote_down(sandbox: Sandbox, provider: str) -> None:
    told = sandbox.http.get(f"/{provider}/.well-known/openid-configuration").json()
    config = configure(sandbox, provider)
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert told[name] == getattr(config, name)
    assert told["code_challenge_methods_supported"] == ["S256"]


def test_a_wrong_verifier_is_refused(sandbox: Sandbox, transport: HttpTransport, provider: str) -> None:
    config, attempt = configure(sandbox, provider), new_attempt()
    code = code_for(config, attempt, WHO[provider])
    other = SignInAttempt(attempt.state, attempt.nonce, new_attempt().verifier)
    with pytest.raises(SignInRefused, match="invalid_grant"):
        redeem(transport, config, other, code)


def test_a_code_works_once_and_a_second_use_ends_its_tokens(
    sandbox: Sandbox, transport: HttpTransport, provider: str
) -> None:
    config, attempt = configure(sandbox, provider), new_attempt()
    code = code_for(config, attempt, WHO[provider])
    tokens = redeem(transport, config, attempt, code)
    with pytest.raises(SignInRefused, match="invalid_grant"):
        redeem(transport, config, attempt, code)
    assert transport.send(userinfo_request(config, tokens.access_token)).status == 401


def test_an_old_code_is_refused(sandbox: Sandbox, transport: HttpTransport) -> None:
    config, attempt = configure(sandbox, "proconnect"), new_attempt()
    code = code_for(config, attempt, "claire-agent")
    sandbox.clock.ahead = timedelta(seconds=31)
    with pytest.raises(SignInRefused, match="invalid_grant"):
        redeem(transport, config, attempt, code)


def test_an_access_token_lives_a_minute(sandbox: Sandbox, transport: HttpTransport) -> None:
    config, attempt = configure(sandbox, "proconnect"), new_attempt()
    tokens = redeem(transport, config, attempt, code_for(config, attempt, "claire-agent"))
    sandbox.clock.ahead = timedelta(seconds=61)
    assert transport.send(userinfo_request(config, tokens.access_token)).status == 401


@pytest.mark.parametrize("other", ["/sign-in/other", "/sign-in/franceconnect/callback/", "/sign-in/mon-paris/callback"])
def test_another_redirect_address_gets_nothing(sandbox: Sandbox, other: str) -> None:
    config = configure(sandbox, "franceconnect").model_copy(update={"redirect_uri": f"http://door.test{other}"})
    response = httpx.get(authorization_url(config, new_attempt(), login_hint="solene"))
    assert response.status_code == 400
    assert "location" not in response.headers


def test_the_redirect_address_is_compared_again_with_the_code(sandbox: Sandbox, transport: HttpTransport) -> None:
    config, attempt = configure(sandbox, "mon-paris"), new_attempt()
    code = code_for(config, attempt, "yewande")
    with pytest.raises(SignInRefused, match="invalid_grant"):
        redeem(transport, config.model_copy(update={"redirect_uri": "http://door.test/x"}), attempt, code)


def test_a_code_of_one_provider_is_nothing_to_another(sandbox: Sandbox, transport: HttpTransport) -> None:
    attempt = new_attempt()
    code = code_for(configure(sandbox, "mon-paris"), attempt, "solene")
    with pytest.raises(SignInRefused, match="invalid_grant"):
        redeem(transport, configure(sandbox, "franceconnect"), attempt, code)


def test_another_credential_is_refused(sandbox: Sandbox, transport: HttpTransport, provider: str) -> None:
    config, attempt = configure(sandbox, provider), new_attempt()
    auth = {"client_auth": ClientKey(jwk=generate_key("door-1"))}
    if provider != "franceconnect":
        auth = {"client_auth": ClientSecret(value=SecretStr("x" * 40))}  # type: ignore[dict-item]  # another way than the one it has
    with pytest.raises(SignInRefused, match="invalid_client"):
        redeem(transport, config.model_copy(update=auth), attempt, code_for(config, attempt, WHO[provider]))


def test_an_assertion_works_once(sandbox: Sandbox, transport: HttpTransport) -> None:
    config, attempt = configure(sandbox, "franceconnect"), new_attempt()
    request = token_request(config, attempt, "x", now=datetime.now(UTC), assertion_id=new_uuid())
    for word in ("invalid_grant", "invalid_client"):
        with pytest.raises(SignInRefused, match=word):
            read_tokens(transport.send(request))


def asked(config: ProviderConfig, **changes: str) -> dict[str, str]:
    parameters = dict(parse_qsl(urlsplit(authorization_url(config, new_attempt(), login_hint="claire-agent")).query))
    return {name: value for name, value in (parameters | changes).items() if value}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"state": "short"}, "invalid_request"),
        ({"nonce": "x" * 31}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"acr_values": "eidas9"}, "invalid_request"),
        ({"login_hint": "solene"}, "access_denied"),
    ],
)
def test_a_bad_request_of_a_known_client_goes_back_with_its_error(
    sandbox: Sandbox, changes: dict[str, str], error: str
) -> None:
    config = configure(sandbox, "proconnect")
    answer = answer_of(sandbox.http.get("/proconnect/authorize", params=asked(config, **changes)))
    assert answer["error"] == error
    assert "code" not in answer


def test_proconnect_refuses_a_parameter_it_does_not_know(sandbox: Sandbox) -> None:
    response = sandbox.http.get("/proconnect/authorize", params=asked(configure(sandbox, "proconnect"), utm="1"))
    assert response.status_code == 400
    assert "Y000400" in response.text


def test_a_person_may_be_chosen_on_the_page(sandbox: Sandbox) -> None:
    config = configure(sandbox, "proconnect")
    page = sandbox.http.get("/proconnect/authorize", params=asked(config, login_hint=""))
    assert "Claire Fontanel" in page.text
    assert "Kerjean" not in page.text
    form: dict[str, Any] = {**asked(config, login_hint=""), "persona": "claire-agent"}
    assert answer_of(sandbox.http.post("/proconnect/authorize", data=form))["code"]


def test_what_a_client_sends_is_shown_as_text(sandbox: Sandbox) -> None:
    parameters = asked(configure(sandbox, "mon-paris"), login_hint="", acr_values="", state='"><script>x</script>' * 4)
    assert "<script>" not in sandbox.http.get("/mon-paris/authorize", params=parameters).text


def test_logout_leads_back_to_the_door_only_and_only_with_a_token_of_the_providers(
    sandbox: Sandbox, transport: HttpTransport
) -> None:
    config, attempt = configure(sandbox, "franceconnect"), new_attempt()
    token = redeem(transport, config, attempt, code_for(config, attempt, "solene")).id_token
    end = "/franceconnect/session/end"
    told = {"post_logout_redirect_uri": "http://door.test/", "state": "s", "id_token_hint": token}
    assert sandbox.http.get(end, params=told).headers["location"] == "http://door.test/?state=s"
    elsewhere = told | {"post_logout_redirect_uri": "http://door.test.evil/"}
    for other in (elsewhere, told | {"id_token_hint": f"{token}x"}, told | {"id_token_hint": ""}):
        assert sandbox.http.get(end, params=other).status_code == 200


def silently(config: ProviderConfig, browser: httpx.Client, *, fresh: bool = False) -> httpx.Response:
    """Ask the provider without saying who it is."""
    return browser.get(authorization_url(config, new_attempt(), fresh=fresh))


def test_a_session_of_the_provider_does_until_it_is_asked_anew_or_ended(
    sandbox: Sandbox, transport: HttpTransport
) -> None:
    config, attempt = configure(sandbox, "franceconnect"), new_attempt()
    with httpx.Client() as browser:
        assert "Qui voulez-vous" in silently(config, browser).text
        code = read_callback(
            config, attempt, answer_of(browser.get(authorization_url(config, attempt, login_hint="solene")))
        )
        token = redeem(transport, config, attempt, code).id_token
        assert answer_of(silently(config, browser))["code"]
        assert "Qui voulez-vous" in silently(config, browser, fresh=True).text
        browser.get(end_session_url(config, id_token=token, state="s", return_to="http://door.test/"))
        assert "Qui voulez-vous" in silently(config, browser).text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 100, b"x" * 70_000, b""])
def test_a_hostile_form_is_a_refused_client(sandbox: Sandbox, body: bytes) -> None:
    assert sandbox.http.post("/proconnect/token", content=body).status_code == 401


def test_a_test_may_bring_its_own_persona(sandbox: Sandbox, transport: HttpTransport) -> None:
    persona = {
        "id": "lena",
        "label": "Léna",
        "providers": ["mon-paris"],
        "family_name": "TALBOT",
        "given_names": ["Léna"],
        "birthdate": "1990-01-01",
        "gender": "female",
        "birthcountry": "99100",
        "email": "lena@example.org",
    }
    assert sandbox.http.post("/sandbox/personas", json={"persona": persona}).status_code == 204
    assert sign_in(transport, configure(sandbox, "mon-paris"), "lena").family_name == "TALBOT"
    assert sandbox.http.post("/sandbox/personas", json={"persona": persona | {"id": "../x"}}).status_code == 422


@pytest.mark.parametrize("provider", ["franceconnect", "mon-paris", "proconnect"])
def test_the_page_says_that_it_is_a_test_and_loads_nothing_from_elsewhere(provider):
    html = pages.choice(provider, Population().at(provider), {"state": "<x>"})
    assert "Ce n'est pas le vrai service." in html
    assert '<html lang="fr">' in html
    assert not [word for word in ("http://", "https://", "<x>", "<script", "@import") if word in html]
