"""One family with something of everything, and everybody who might want to see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx

from tests.isolation.two_homes import KINDS, Route, identifiers_of
from tests.journeys.agents import CLAIRE, INES, ODILE, PAUL, SARAH, Agent, review_of
from tests.journeys.doors import Partner, family, person_id, rows, value
from tests.journeys.test_confirming import LINK, asked
from tests.journeys.test_informing import tell
from tests.journeys.uploading import begun
from tests.system import CAISSE, MAIRIE, Resident, System, eventually

Send = Callable[..., httpx.Response]
OF_THE_CHILD = {"POST /v1/requests", "POST /v1/moves", "POST /v1/life-events"}
"""Routes whose body names a child; of the others it names a paper, if anything."""


@dataclass
class Estate:
    """What the owner has, by parameter of a route, and who asks for it."""

    system: System
    owner: Resident
    child: str
    named: Mapping[str, str]
    request: str
    senders: Mapping[str, Send]

    def body_identifier(self, route: Route) -> str:
        """What the body of a route is to name."""
        if route.name in OF_THE_CHILD:
            return self.child
        return (
            self.request if route.path.startswith(("/v1/authorisations", "/autorisations")) else self.named["other_id"]
        )

    def stay_fresh(self) -> None:
        """Let no sign-in grow old while others are tried."""
        rows(self.system, "UPDATE hub.session SET authenticated_at = now()")


def settle(system: System) -> Estate:
    """Put everything in its place."""
    owner, child = family(system, quotient=742)
    for service, body in (("canteen_tariff", CAISSE), ("canteen_enrolment", CAISSE), ("school_enrolment", MAIRIE)):
        assert owner.request(child, service, body).status_code == 201
    owner.hand_in_and_wait(system.papers().bill(Resident(system)), "application/pdf", kind="proof_of_address")
    other = Resident(system).sign_in()
    rows(system, LINK, adult=person_id(other), child=child, authority="joint")
    assert other.request(child, "school_enrolment", MAIRIE).status_code == 201
    owner.satisfied("canteen_enrolment", "child_identity")
    owner.satisfied("canteen_tariff", "household_income")
    assert tell(Partner(system, "caisse-13"), owner).status_code == 201
    eventually(lambda: "hub.release" in identifiers_of(owner))
    known = identifiers_of(owner)
    named = {name: known[table] for name, table in KINDS.items() if table in known}
    handed_in = "SELECT document_id FROM hub.receipt WHERE person_id = %(who)s ORDER BY issued_at"
    papers = [str(row["document_id"]) for row in rows(system, handed_in, who=person_id(owner))]
    named |= {"document_id": papers[0], "other_id": papers[1]}
    named |= {"review_id": str(review_of(owner)), "confirmation": asked(owner)[0]["confirmation"]}
    named |= {"token": begun(owner, 1000).rpartition("/")[2], "provider": "franceconnect", "page": "perte-emploi"}
    reference = (
        "SELECT reference FROM hub.agreement WHERE siret = %(siret)s AND retracted_at IS NULL ORDER BY 1 LIMIT 1"
    )
    named |= {"slug": "caisse-13", "reference": value(system, reference, siret=CAISSE)}
    # What nobody has here: whoever is let in finds nothing under it.
    nobodys = ("merge", "mandate", "link", "visit_id", "child")
    consoles = ("exchange_id", "plan_id", "message_id", "delivery_id", "notification_id")
    named |= dict.fromkeys((*nobodys, *consoles), str(UUID(int=7)))
    named |= {
        "binding": "made-up",
        "theme": "school",
        "code": "made-up-code",
        "way": "courriel",
        "number": "1",
        "path": "runs",
        "siret": CAISSE,
    }
    return Estate(system, owner, child, named, known["hub.request"], _senders(owner, other))


def _senders(owner: Resident, other: Resident) -> dict[str, Send]:
    system = owner.system
    claimant = Resident(system).sign_in()
    (mine,) = owner.children
    claim = {"family_name": mine.family_name, "given_names": [mine.first_names], "born_on": str(mine.born_on)}
    assert claimant.http.post("/v1/children", json=claim).status_code == 202
    roleless = Agent(system, PAUL)
    assert roleless.enter().status_code == 403
    return {
        "nobody": httpx.Client(base_url=system.door_url).request,
        "stranger": Resident(system).sign_in().http.request,
        "claimant": claimant.http.request,
        "guardian": other.http.request,
        "roleless": roleless.http.request,
        "elsewhere": Agent(system, INES).sign_in().http.request,
        "reviewer": Agent(system, CLAIRE).sign_in().http.request,
        "operator": Agent(system, ODILE).sign_in().http.request,
        "city": Agent(system, SARAH).sign_in().http.request,
        "owner": owner.http.request,
    }


COLUMNS = (
    "nobody", "stranger", "claimant", "guardian", "roleless", "elsewhere", "reviewer", "operator", "city", "owner",
)  # fmt: skip
"""Who tries; the owner last, whose try may change something."""
