"""Who is not signed in may ask so often a minute; whoever is known is not stopped by what strangers nearby do."""

import secrets

import httpx
import pytest
from fastapi.testclient import TestClient

from hub import bootstrap
from hub.api.callers import COOKIE
from hub.app import partners_door, residents
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.journeys.doors import assert_problem
from tests.system import Resident
from vault.settings import VaultSettings

DOORS = {
    "door": (environment.door, bootstrap.door, residents),
    "release": (environment.release, bootstrap.release_door, partners_door),
}
LIMIT = 3


@pytest.fixture
def strict(running, request):
    """A door that takes three requests a minute of a network, and hears from which one through a proxy."""
    told_to, parts, assemble = DOORS[request.param]
    with pytest.MonkeyPatch.context() as told:
        for name, said in told_to("test", running.places, running.stores).items():
            told.setenv(name, said)
        told.setenv("HUB_STRANGER_REQUESTS_PER_MINUTE", str(LIMIT))
        told.setenv("HUB_PROXIES", '["127.0.0.0/8"]')
        app = assemble(parts(VaultSettings(), HubSettings()))
    with TestClient(app, base_url=running.door_url, client=("127.0.0.1", 1)) as client:
        yield client


def network() -> dict[str, str]:
    """A network nobody has asked from."""
    return {"x-forwarded-for": f"2001:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}::1"}


def until_refused(client: TestClient, path: str, **headers: str) -> httpx.Response:
    """Ask until it is too much; a minute may begin anew once."""
    answers = [client.get(path, headers=headers) for _ in range(3 * LIMIT)]
    return next(answer for answer in answers if answer.status_code == 429)


@pytest.mark.parametrize(
    ("strict", "path"),
    [("door", "/echanges"), ("door", "/v1/documents"), ("release", "/oauth/jwks"), ("release", "/hub/v1/events")],
    indirect=["strict"],
)
def test_a_network_of_strangers_is_told_its_quota_and_stopped_where_it_is_over(strict, path):
    here = network()
    first = strict.get(path, headers=here)
    assert first.headers["ratelimit-policy"] == f'"stranger";q={LIMIT};w=60'
    over = until_refused(strict, path, **here)
    assert_problem(over, "quota-exceeded")
    assert over.headers["ratelimit"].startswith('"stranger";r=0;t=')
    assert 1 <= int(over.headers["retry-after"]) <= 60
    assert strict.get(path, headers=network()).status_code != 429


@pytest.mark.parametrize("strict", ["door"], indirect=True)
def test_a_made_up_cookie_gets_no_further_than_none(strict):
    assert_problem(until_refused(strict, "/v1/documents", cookie=f"{COOKIE}=made-up", **network()), "quota-exceeded")


@pytest.mark.parametrize("strict", ["door"], indirect=True)
def test_whoever_is_signed_in_goes_on_where_strangers_of_their_network_are_stopped(running, strict):
    here, person = network(), Resident(running).sign_in()
    until_refused(strict, "/echanges", **here)
    own = {"cookie": f"{COOKIE}={person.http.cookies[COOKIE]}"}
    answer = strict.get("/v1/children", headers=here | own)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"].startswith('"resident"')


@pytest.mark.parametrize("strict", ["door"], indirect=True)
def test_what_tells_nothing_is_not_counted(strict):
    here = network()
    assert {strict.get("/health", headers=here).status_code for _ in range(3 * LIMIT)} == {200}
