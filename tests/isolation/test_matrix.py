"""Every route of the residents' door tried by everybody: who is let in, who finds nothing, who must sign in first."""

import pytest

from hub.app import residents_routes
from tests.isolation.estate import COLUMNS, Estate, settle
from tests.isolation.filling import Filler, Route, routes_of
from tests.isolation.two_homes import UPLOADING
from tests.journeys.agents import SARAH, Agent

APP = residents_routes()
ROUTES = routes_of(APP)
FILLER = Filler(APP.openapi())
PUBLIC, MINE, OWNER = "++++++++++", "-+++-----+", "-000-----+"
CHILD = "-00+-----+"
"""What takes a proved link to the child; the other guardian has one."""
NOT_YET = "-000-----0"
"""What is not there for its owner either: nothing was destroyed, nothing resembles, no tariff is on the newest line."""
AGENTS, REVIEWER, OPERATORS, CITY = "-----++++-", "-----0+00-", "-----00++-", "-----00x+-"
CONSOLE, NOT_FOUND = "-----xxx+-", "-----xxx0-"
"""The operators' console: for those of the body that runs the hub, and nobody else."""
UNMANDATED, NO_VISIT, NO_MANDATE, WELCOME = "-xxx-----x", "-----0000-", "-----xxxx-", "-----0+00-"
"""What takes a mandate that nobody here has; what an agent finds only while a person is at the counter."""
TABLE = {
    "GET /openapi.json": PUBLIC,
    "HEAD /openapi.json": PUBLIC,
    "GET /health": PUBLIC,
    "GET /v1/documents": MINE,
    "GET /v1/documents/{document_id}": OWNER,
    "GET /v1/documents/{document_id}/receipt": OWNER,
    "GET /v1/documents/{document_id}/destruction-certificate": NOT_YET,
    "GET /sign-in/{provider}": PUBLIC,
    "GET /sign-in/{provider}/callback": PUBLIC,
    "HEAD /v1/uploads/{token}": OWNER,
    "GET /v1/session": MINE,
    "GET /v1/children": MINE,
    "GET /v1/school-files": MINE,
    "GET /v1/lines/{line}/preview": OWNER,
    "GET /v1/accesses": MINE,
    "GET /v1/residence": MINE,
    "GET /v1/contact": MINE,
    "GET /v1/figures": PUBLIC,
    "GET /v1/releases/{release}/receipt": OWNER,
    "GET /hub/v1/reviews": AGENTS,
    "GET /hub/v1/reviews/backlogs": AGENTS,
    "GET /hub/v1/reviews/{review_id}": REVIEWER,
    "GET /v1/confirmations": MINE,
    "GET /v1/life-events": MINE,
    "GET /accords": MINE,
    "GET /hub/v1/partners": AGENTS,
    "GET /hub/v1/partners/{slug}": OPERATORS,
    "GET /v1/data-exchanges": PUBLIC,
    "GET /v1/authorisations": MINE,
    "GET /v1/authorisations/{authorisation}/record": OWNER,
    "GET /v1/notices": MINE,
    "GET /autorisations": MINE,
    "GET /comptes": MINE,
    "GET /v1/rights-information": MINE,
    "GET /": PUBLIC,
    "GET /enfants": MINE,
    "GET /demandes": MINE,
    "GET /demandes/nouvelle": MINE,
    "GET /demandes/{request_id}": OWNER,
    "GET /acces": MINE,
    "GET /deposer": MINE,
    "GET /recus/{receipt_id}": OWNER,
    "GET /documents": MINE,
    "GET /documents/{document_id}/effacer": OWNER,
    "GET /documents/{document_id}/certificat": NOT_YET,
    "GET /documents/{document_id}/remplacer": OWNER,
    "GET /evenements": MINE,
    "GET /evenements/{page}": MINE,
    "GET /demenagement": MINE,
    "GET /me-joindre": MINE,
    "GET /echanges": PUBLIC,
    "GET /dossiers/{line_id}/recevra": OWNER,
    "GET /acces/{release}": OWNER,
    "GET /acces/{release}/recu": OWNER,
    "GET /agents": PUBLIC,
    "GET /agents/dossiers/{review_id}": REVIEWER,
    "POST /v1/documents": MINE,
    "POST /v1/documents/{document_id}/preview-tickets": OWNER,
    "PUT /v1/documents/{document_id}/replacement": OWNER,
    "POST /v1/export-tickets": MINE,
    "OPTIONS /v1/uploads": PUBLIC,
    "POST /v1/uploads": MINE,
    "PATCH /v1/uploads/{token}": OWNER,
    "POST /v1/children": MINE,
    "POST /v1/requests": CHILD,
    "POST /v1/residence/unchanged": MINE,
    "PUT /v1/residence": MINE,
    "PUT /v1/contact": MINE,
    "POST /v1/moves": MINE,
    "POST /v1/confirmations/{confirmation}": OWNER,
    "POST /v1/life-events": MINE,
    "POST /accords/{confirmation}": OWNER,
    "POST /hub/v1/partners/{slug}/suspension": OPERATORS,
    "POST /hub/v1/partners/{slug}/agreements/{reference}/suspension": OPERATORS,
    "POST /v1/authorisations": OWNER,
    "POST /v1/authorisations/{authorisation}/approval": OWNER,
    "POST /v1/authorisations/{authorisation}/refusal": OWNER,
    "POST /v1/authorisations/{authorisation}/pause": OWNER,
    "POST /autorisations/nouvelle": OWNER,
    "POST /autorisations/{authorisation}/oui": OWNER,
    "POST /autorisations/{authorisation}/non": OWNER,
    "POST /autorisations/droits/{information}": OWNER,
    "POST /comptes": MINE,
    "POST /v1/rights-information/{information_id}/opposition": OWNER,
    "POST /enfants": MINE,
    "POST /demandes/nouvelle": MINE,
    "POST /deposer": MINE,
    "POST /documents/{document_id}/voir": OWNER,
    "POST /documents/tout": MINE,
    "POST /documents/{document_id}/effacer": OWNER,
    "POST /documents/{document_id}/remplacer": OWNER,
    "POST /documents/{document_id}/garder/{other_id}": NOT_YET,
    "POST /evenements/{page}": MINE,
    "POST /demenagement": MINE,
    "POST /domicile/inchange": MINE,
    "POST /me-joindre": MINE,
    "POST /dossiers/{line_id}/calcul": NOT_YET,
    "POST /dossiers/{line_id}/copie": NOT_YET,
    "POST /hub/v1/reviews/{review_id}/claim": REVIEWER,
    "POST /hub/v1/reviews/{review_id}/looks": REVIEWER,
    "DELETE /hub/v1/reviews/{review_id}/claim": REVIEWER,
    "POST /agents/dossiers/{review_id}/prendre": REVIEWER,
    "POST /agents/dossiers/{review_id}/voir": REVIEWER,
    "POST /agents/dossiers/{review_id}/rendre": REVIEWER,
    "POST /agents/dossiers/{review_id}/decider": REVIEWER,
    "POST /hub/v1/reviews/{review_id}/opinions": REVIEWER,
    "DELETE /v1/documents/{document_id}": OWNER,
    "DELETE /v1/documents/{document_id}/resemblances/{other_id}": NOT_YET,
    "DELETE /v1/uploads/{token}": OWNER,
    "DELETE /hub/v1/partners/{slug}/suspension": CITY,
    "DELETE /hub/v1/partners/{slug}/agreements/{reference}/suspension": CITY,
    "DELETE /v1/authorisations/{authorisation}/pause": OWNER,
    "DELETE /v1/authorisations/{authorisation}": OWNER,
    "POST /comptes/{merge}/separer": NOT_YET,
    "GET /v1/linkable-services": MINE,
    "POST /v1/link-codes": NOT_YET,
    "GET /v1/partner-links": MINE,
    "DELETE /v1/partner-links/{link}": NOT_YET,
    "GET /v1/account-merges": MINE,
    "POST /v1/childhood": MINE,
    "POST /v1/child-merges": NOT_YET,
    "DELETE /v1/child-merges/{child}": NOT_YET,
    "POST /enfants/doublon": NOT_YET,
    "POST /enfants/separer": NOT_YET,
    "POST /hub/v1/reviews/{review_id}/same-child": REVIEWER,
    "POST /agents/dossiers/{review_id}/meme-enfant": REVIEWER,
    "GET /agents/aide": WELCOME,
    "POST /agents/aide": WELCOME,
    "POST /agents/aide/fin": AGENTS,
    "POST /agents/aide/{mandate}/agir": NO_MANDATE,
    "GET /majorite": MINE,
    "POST /majorite": MINE,
    "DELETE /v1/account-merges/{merge}": NOT_YET,
    "GET /v1/mandates": MINE,
    "POST /v1/mandates": MINE,
    "POST /v1/mandates/acceptance": UNMANDATED,
    "DELETE /v1/mandates/{mandate}": NOT_YET,
    "DELETE /v1/mandates/{mandate}/themes/{theme}": NOT_YET,
    "PUT /v1/acting": UNMANDATED,
    "DELETE /v1/acting": MINE,
    "GET /mandats": MINE,
    "POST /mandats": MINE,
    "POST /mandats/code": MINE,
    "POST /mandats/fin": MINE,
    "POST /mandats/{mandate}/agir": UNMANDATED,
    "POST /mandats/{mandate}/arreter": MINE,
    "GET /services-relies": MINE,
    "POST /services-relies": MINE,
    "POST /services-relies/{link}": NOT_YET,
    "POST /v1/contact/code": NOT_YET,
    "GET /v1/return-codes/{code}": MINE,
    "GET /me-joindre/code": MINE,
    "POST /me-joindre/code": MINE,
    "GET /me-joindre/{way}": MINE,
    "POST /me-joindre/{way}": MINE,
    "POST /me-joindre/mon-paris": MINE,
    "GET /v1/contact/dashboard": MINE,
    "PUT /v1/contact/dashboard": MINE,
    "GET /courrier": MINE,
    "POST /courrier": MINE,
    "GET /courrier/{code}": MINE,
    "GET /agents/guichet": REVIEWER,
    "POST /agents/guichet": REVIEWER,
    "GET /agents/guichet/{visit_id}": NO_VISIT,
    "GET /agents/guichet/{visit_id}/joindre": NO_VISIT,
    "POST /agents/guichet/{visit_id}/joindre": NO_VISIT,
    "GET /agents/guichet/{visit_id}/joindre/code": NO_VISIT,
    "POST /agents/guichet/{visit_id}/joindre/code": NO_VISIT,
    "POST /agents/guichet/{visit_id}/joindre/mon-paris": NO_VISIT,
    "GET /agents/guichet/{visit_id}/joindre/{way}": NO_VISIT,
    "POST /agents/guichet/{visit_id}/joindre/{way}": NO_VISIT,
    "GET /ops": CONSOLE,
    "GET /ops/echanges": CONSOLE,
    "GET /ops/echanges/{exchange_id}": NOT_FOUND,
    "GET /ops/en-attente": CONSOLE,
    "GET /ops/dossiers": CONSOLE,
    "POST /ops/dossiers/{binding}/{notification_id}": CONSOLE,
    "GET /ops/reprises": CONSOLE,
    "GET /ops/reprises/{plan_id}": NOT_FOUND,
    "GET /ops/calendrier": CONSOLE,
    "GET /ops/dagster": NOT_FOUND,
    "GET /ops/dagster/{path:path}": NOT_FOUND,
    "POST /ops/dagster/graphql": CONSOLE,
    "POST /ops/echanges/{exchange_id}/decider": CONSOLE,
    "POST /ops/echanges/{exchange_id}/demander": NOT_FOUND,
    "POST /ops/echanges/{exchange_id}/modification": CONSOLE,
    "POST /ops/echanges/{exchange_id}/modifier": NOT_FOUND,
    "POST /ops/echanges/{exchange_id}/voir/{number}": CONSOLE,
    "POST /ops/en-attente/messages/{message_id}": CONSOLE,
    "GET /ops/en-attente/webhooks/{siret}": CONSOLE,
    "POST /ops/en-attente/webhooks/{siret}": CONSOLE,
    "POST /ops/en-attente/webhooks/{siret}/annonces/{delivery_id}": CONSOLE,
    "POST /ops/en-attente/webhooks/{siret}/prevenir": CONSOLE,
    "POST /ops/reprises": CONSOLE,
    "POST /ops/reprises/{plan_id}": CONSOLE,
    "POST /sign-out": PUBLIC,
    "POST /agents/sign-out": PUBLIC,
}
"""By route, in the order of trying: what each of COLUMNS gets. What ends something comes after what looks at it."""
VERDICTS = {401: "-", 403: "x", 404: "0"}


@pytest.fixture(scope="module")
def estate(running):
    found = settle(running)
    yield found
    for path in ("suspension", f"agreements/{found.named['reference']}/suspension"):
        # Signed in anew: the last thing everybody tried was to sign out.
        Agent(running, SARAH).sign_in().http.delete(f"/hub/v1/partners/caisse-13/{path}")


def verdict(estate: Estate, who: str, route: Route) -> str:
    """What comes of one try: « - » sign in first, « 0 » nothing there, « x » not for you, « + » let in."""
    headers = UPLOADING if route.path.startswith("/v1/uploads") else {}
    told = next(FILLER.bodies(route, estate.body_identifier(route)))
    send = estate.senders[who]
    answer = send(route.method, route.address(estate.named), headers=headers, follow_redirects=False, **told)
    assert answer.status_code < 500, answer.text
    return VERDICTS.get(answer.status_code, "+")


def test_every_route_has_its_line():
    assert {route.name for route in ROUTES} == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_everybody_gets_what_the_table_says(estate, name):
    method, _, path = name.partition(" ")
    estate.stay_fresh()
    found = {who: verdict(estate, who, Route(method, path)) for who in COLUMNS}
    assert found == dict(zip(COLUMNS, TABLE[name], strict=True))
