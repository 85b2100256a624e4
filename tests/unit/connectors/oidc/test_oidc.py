"""A sign-in asks what it must and believes only what is signed, fresh and its own."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from pydantic import SecretStr

from connectors.errors import (
    ProviderBreach,
    ProviderUnavailable,
    SignInRefused,
    SignInStateMismatch,
    TokenClaimRefused,
    TokenRefused,
)
from connectors.jose import generate_key, public_part, sign_compact, verify_compact
from connectors.oidc.flow import (
    authorization_url,
    end_session_url,
    new_attempt,
    read_callback,
    read_tokens,
    token_request,
    userinfo_request,
)
from connectors.oidc.person import SignedInPerson
from connectors.oidc.provider import (
    ACR_VALUES,
    SCOPES,
    ClientKey,
    ClientSecret,
    ProviderConfig,
    Shape,
    standard_endpoints,
)
from connectors.oidc.tokens import VerifiedIdentity, read_jwks, read_userinfo, verify_id_token
from connectors.port import Exchange
from contracts.outcomes import Phase
from tests.unit.connectors.wire import NOW, answer, broken, exchanges, mutations

ISSUER = "https://idp.example/franceconnect"
DOOR_KEY = generate_key("door-1")
IDP_KEY = generate_key("idp-1")
KEYS = [public_part(IDP_KEY)]
SECRET = "s" * 40
ATTEMPT = new_attempt()
AT = int(NOW.timestamp())
IDENTITY = VerifiedIdentity(ISSUER, "subv1", "eidas1")


def config(shape: Shape = Shape.FRANCECONNECT) -> ProviderConfig:
    key = shape is Shape.FRANCECONNECT
    return ProviderConfig(
        shape=shape,
        client_id="door",
        client_auth=ClientKey(jwk=DOOR_KEY) if key else ClientSecret(value=SecretStr(SECRET)),
        redirect_uri="https://door.example/callback",
        scopes=SCOPES[shape],
        acr_values=ACR_VALUES[shape],
        **standard_endpoints(ISSUER),
    )


def id_token(**changes: Any) -> str:
    whole = {
        "iss": ISSUER,
        "aud": "door",
        "sub": "subv1",
        "iat": AT,
        "exp": AT + 60,
        "nonce": ATTEMPT.nonce,
        "acr": "eidas1",
    }
    return sign_compact({k: v for k, v in (whole | changes).items() if v is not None}, IDP_KEY)


def userinfo(*, drop: str = "", **changes: Any) -> Exchange:
    whole: dict[str, Any] = {
        "iss": ISSUER,
        "aud": "door",
        "sub": "subv1",
        "family_name": "KERJEAN",
        "given_name": "Solène Jean Marie",
        "given_name_array": ["Solène", "Jean Marie"],
        "birthdate": "1988-04-00",
        "gender": "female",
        "birthplace": "2A115",
        "birthcountry": "99100",
        "email": "s@example.org",
    }
    whole |= changes
    whole.pop(drop, None)
    return answer(200, sign_compact(whole, IDP_KEY).encode())


def person(exchange: Exchange, shape: Shape = Shape.FRANCECONNECT) -> SignedInPerson:
    return read_userinfo(config(shape), exchange, KEYS, identity=IDENTITY, now=NOW)


def verify(token: str) -> VerifiedIdentity:
    return verify_id_token(config(), token, KEYS, nonce=ATTEMPT.nonce, now=NOW)


def test_the_browser_is_sent_with_pkce_state_and_nonce() -> None:
    query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url(config(), ATTEMPT)).query).items()}
    assert query["code_challenge_method"] == "S256"
    assert query["code_challenge"] == ATTEMPT.challenge != ATTEMPT.verifier
    assert min(len(query["state"]), len(query["nonce"]), len(ATTEMPT.verifier)) >= 32
    assert len({ATTEMPT.state, ATTEMPT.nonce, ATTEMPT.verifier}) == 3
    assert "login_hint" not in query


def test_the_challenge_is_the_one_of_rfc_7636() -> None:
    attempt = type(ATTEMPT)("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert attempt.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_code_comes_back_to_its_own_attempt_only() -> None:
    assert read_callback(config(), ATTEMPT, {"state": ATTEMPT.state, "code": "c", "iss": ISSUER}) == "c"
    for bad in ({"code": "c"}, {"state": "é", "code": "c"}, {"state": ATTEMPT.state, "code": "c", "iss": "https://x"}):
        with pytest.raises(SignInStateMismatch):
            read_callback(config(), ATTEMPT, bad)


def test_a_provider_that_names_itself_always_does() -> None:
    named = config().model_copy(update={"names_itself": True})
    assert read_callback(named, ATTEMPT, {"state": ATTEMPT.state, "code": "c", "iss": ISSUER}) == "c"
    with pytest.raises(SignInStateMismatch):
        read_callback(named, ATTEMPT, {"state": ATTEMPT.state, "code": "c"})


def test_a_fresh_sign_in_is_asked_for_as_each_provider_takes_it() -> None:
    asked = {shape: authorization_url(config(shape), ATTEMPT, fresh=True) for shape in Shape}
    assert all("prompt=login" in url for url in asked.values())
    assert "max_age=300" in asked[Shape.FRANCECONNECT]
    assert "max_age" not in asked[Shape.PROCONNECT]
    assert "prompt" not in authorization_url(config(), ATTEMPT)


@pytest.mark.parametrize("told", [None, AT - 400, AT + 60, "now", True, 0])
def test_a_fresh_sign_in_is_one_of_the_last_minutes(told: object) -> None:
    with pytest.raises(TokenClaimRefused, match="auth_time"):
        verify_id_token(config(), id_token(auth_time=told), KEYS, nonce=ATTEMPT.nonce, now=NOW, fresh=True)


def test_when_somebody_proved_who_they_are_is_what_the_provider_says() -> None:
    assert verify(id_token()).authenticated_at is None
    said = verify(id_token(auth_time=AT - 1000)).authenticated_at
    assert said is not None
    assert said.timestamp() == AT - 1000
    fresh = verify_id_token(config(), id_token(auth_time=AT - 200), KEYS, nonce=ATTEMPT.nonce, now=NOW, fresh=True)
    assert fresh.authenticated_at is not None


@pytest.mark.parametrize("word", ["access_denied", "<script>", "x" * 99])
def test_a_refusal_is_a_word_of_theirs_and_nothing_more(word: str) -> None:
    with pytest.raises(SignInRefused) as refusal:
        read_callback(config(), ATTEMPT, {"state": ATTEMPT.state, "error": word})
    assert refusal.value.detail in ("access_denied", "unknown error")


def form(shape: Shape) -> dict[str, str]:
    return dict(parse_qsl(token_request(config(shape), ATTEMPT, "c", now=NOW, assertion_id=UUID(int=9)).body.decode()))


def test_franceconnect_gets_a_signed_assertion() -> None:
    told = form(Shape.FRANCECONNECT)
    claims = verify_compact(told["client_assertion"], [public_part(DOOR_KEY)], typ=None)
    assert claims == {"iss": "door", "sub": "door", "aud": ISSUER, "iat": AT, "exp": AT + 60, "jti": str(UUID(int=9))}
    assert told["code_verifier"] == ATTEMPT.verifier
    assert "client_secret" not in told


def test_the_others_get_a_secret_in_the_body() -> None:
    assert form(Shape.PROCONNECT)["client_secret"] == SECRET


def test_a_configuration_shows_no_secret() -> None:
    shown = repr(config()) + repr(config(Shape.PROCONNECT)) + repr(ATTEMPT)
    assert DOOR_KEY["d"] not in shown
    assert SECRET not in shown
    assert ATTEMPT.nonce not in shown


def test_tokens_are_read() -> None:
    body = json.dumps({"id_token": "i", "access_token": "a", "token_type": "Bearer", "expires_in": 60}).encode()
    tokens = read_tokens(answer(200, body))
    assert (tokens.id_token, tokens.access_token) == ("i", "a")
    assert ("authorization", "Bearer a") in userinfo_request(config(), "a").headers


@pytest.mark.parametrize(
    ("exchange", "error"),
    [
        (broken(Phase.SENT), ProviderUnavailable),
        (answer(503), ProviderUnavailable),
        (answer(400, b'{"error":"invalid_grant"}'), SignInRefused),
        (answer(400, b"<html>"), ProviderBreach),
        (answer(200, b"{}"), ProviderBreach),
        (answer(302), ProviderBreach),
    ],
)
def test_what_is_no_token_answer(exchange: Exchange, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_tokens(exchange)


@given(exchanges(mutations(b'{"id_token":"i","access_token":"a","token_type":"Bearer"}')))
def test_reading_any_answer_raises_our_own_errors_only(exchange: Exchange) -> None:
    for read in (read_tokens, read_jwks, person):
        try:
            read(exchange)
        except (SignInRefused, TokenRefused):
            continue


def test_a_good_identity_token() -> None:
    assert verify(id_token()) == IDENTITY
    assert verify(id_token(aud=["door", "x"], azp="door")) == IDENTITY


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"iss": "https://other"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": ["door", "x"]}, "azp"),
        ({"azp": "x"}, "azp"),
        ({"exp": AT - 60}, "exp"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": AT + 3600}, "iat"),
        ({"nonce": "other"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"acr": None}, "acr"),
        ({"acr": "eidas0"}, "acr"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
    ],
)
def test_each_claim_of_the_identity_token_is_checked(changes: dict[str, Any], claim: str) -> None:
    with pytest.raises(TokenClaimRefused, match=claim):
        verify(id_token(**changes))


def test_an_identity_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenRefused):
        verify_id_token(config(), id_token(), [public_part(generate_key("idp-1"))], nonce=ATTEMPT.nonce, now=NOW)


def test_a_franceconnect_person() -> None:
    found = person(userinfo())
    assert found.given_names == ("Solène", "Jean Marie")
    assert (found.birthdate, found.birthplace, found.level) == ("1988-04-00", "2A115", "eidas1")
    assert "KERJEAN" not in repr(found)


def test_without_the_array_first_names_are_not_split() -> None:
    assert person(userinfo(drop="given_name_array")).given_names == ("Solène Jean Marie",)


def test_born_abroad_has_no_place() -> None:
    assert person(userinfo(birthplace="", birthcountry="99338")).birthplace == ""


def test_mon_paris_says_less() -> None:
    assert person(userinfo(drop="birthcountry"), Shape.MON_PARIS).birthcountry is None


@pytest.mark.parametrize(
    "changes",
    [
        {"birthdate": "1988-13-01"},
        {"birthdate": "1988"},
        {"gender": "x"},
        {"birthplace": "Paris"},
        {"given_name_array": "x"},
    ],
)
def test_a_pivot_identity_that_is_none_is_a_breach_without_values(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderBreach, match=next(iter(changes))) as breach:
        person(userinfo(**changes))
    assert "KERJEAN" not in str(breach.value)


@pytest.mark.parametrize("missing", ["family_name", "given_name", "birthdate", "gender", "birthplace", "birthcountry"])
def test_franceconnect_always_says_these(missing: str) -> None:
    with pytest.raises(ProviderBreach, match=missing):
        person(userinfo(drop=missing))


def test_user_information_about_another_is_refused() -> None:
    with pytest.raises(TokenClaimRefused, match="sub"):
        person(userinfo(sub="other"))


def test_unsigned_user_information_is_refused() -> None:
    with pytest.raises(TokenRefused):
        person(answer(200, b'{"sub":"subv1"}'))


def test_stale_user_information_is_refused() -> None:
    with pytest.raises(TokenClaimRefused, match="exp"):
        person(userinfo(exp=int((NOW - timedelta(minutes=1)).timestamp())))


def agent(siret: str) -> SignedInPerson:
    told = {"usual_name": "FONTANEL", "given_name": "Claire", "uid": "cf", "siret": siret}
    return person(userinfo(**told), Shape.PROCONNECT)


def test_an_agent_has_a_checked_siret() -> None:
    assert agent("13002526500013").siret == "13002526500013"
    for bad in ("13002526500014", "x", ""):
        with pytest.raises(ProviderBreach, match="siret"):
            agent(bad)


def test_logout_ends_the_providers_session() -> None:
    url = end_session_url(config(), id_token="t", state="s", return_to="https://door.example/")
    assert dict(parse_qsl(urlsplit(url).query))["id_token_hint"] == "t"
