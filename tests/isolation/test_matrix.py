"""Every route of the residents' door tried by everybody: who is let in, who finds nothing, who must sign in first."""

import pytest

from hub.app import residents_routes
from tests.isolation.estate import COLUMNS, Estate, settle
from tests.isolation.filling import SAFE, Filler, Route, routes_of
from tests.isolation.two_homes import UPLOADING

APP = residents_routes()
ROUTES = routes_of(APP)
FILLER = Filler(APP.openapi())
VERDICTS = {401: "-", 403: "x", 404: "0"}


@pytest.fixture(scope="module")
def estate(running) -> Estate:
    return settle(running)


def verdict(estate: Estate, who: str, route: Route) -> str:
    """What comes of one try: « - » sign in first, « 0 » nothing there, « x » not for you, « + » let in."""
    headers = UPLOADING if route.path.startswith("/v1/uploads") else {}
    told = next(FILLER.bodies(route, estate.body_identifier(route)))
    send = estate.senders[who]
    answer = send(route.method, route.address(estate.named), headers=headers, follow_redirects=False, **told)
    assert answer.status_code < 500, answer.text
    return VERDICTS.get(answer.status_code, "+")


def test_print(estate):
    order = sorted(ROUTES, key=lambda r: (r.method not in SAFE, r.method == "DELETE", r.path == "/sign-out"))
    for route in order:
        estate.stay_fresh()
        print(f'    "{route.name}": "{"".join(verdict(estate, who, route) for who in COLUMNS)}",')
