"""What families do while no worker runs, so that a dying one has exactly that to do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import psycopg

from tests.system import CAISSE, FAMILLES, Papers, Resident, System, eventually

BINDING = "caisse-13-fichiers"


@dataclass
class Family:
    """A parent and a child, with what an act needs to be repeated for many of them."""

    parent: Resident
    birth: bytes
    child: str = ""
    document: str = ""
    day: str = ""
    other: Resident | None = field(default=None)


def family(system: System, *, quotient: int | None = None) -> Family:
    """Somebody made up, signed in, with a certificate not yet handed in."""
    parent = Resident(system, quotient=quotient)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    return Family(parent, Papers(system.places.papers).birth_certificate(parent, child))


def deposit(one: Family) -> None:
    """Hand in the birth certificate."""
    answer = one.parent.hand_in(one.birth, "application/pdf", kind="birth_certificate")
    assert answer.status_code == 201, answer.text
    one.document = answer.json()["document"]


def linked(one: Family) -> None:
    """Wait, a worker running, until the child is proved to be the parent's."""
    found = eventually(lambda: one.parent.http.get("/v1/children").json())
    one.child = found[0]["child"]


def ask(one: Family, *services: tuple[str, str]) -> None:
    """Open démarches for the child, signed in again: with many points the first sign-in is no longer fresh."""
    one.parent.sign_in()
    for service, body in services:
        answer = one.parent.request(one.child, service, body)
        assert answer.status_code == 201, answer.text


def enrolled(one: Family) -> None:
    """Wait, a worker running, until the canteen has the certificate it needs."""
    one.parent.satisfied("canteen_enrolment", "child_identity")


def ask_much(one: Family) -> None:
    """One certificate for two services, and a quotient fetched for a third."""
    ask(one, ("canteen_enrolment", CAISSE), ("canteen_tariff", CAISSE), ("after_school", FAMILLES))


def ask_tariff(one: Family) -> None:
    """A service whose datum the source does not have for this family."""
    ask(one, ("canteen_tariff", CAISSE))


def ask_canteen(one: Family) -> None:
    """One service."""
    ask(one, ("canteen_enrolment", CAISSE))


def erase(one: Family) -> None:
    """Ask for the certificate to be gone."""
    assert one.parent.http.delete(f"/v1/documents/{one.document}").status_code == 202


def claim(one: Family) -> None:
    """Have somebody else say to be the child's parent."""
    other = Resident(one.parent.system).sign_in()
    mine = one.parent.children[0]
    said = {"family_name": mine.family_name, "given_names": [mine.first_names], "born_on": str(mine.born_on)}
    answer = other.http.post("/v1/children", json=said)
    assert answer.status_code == 202, answer.text


def complete_on(one: Family, day: date) -> None:
    """Move the day on which the family's lines turned complete, so that each family has a hand-over of its own."""
    shift = date.today() - day
    with psycopg.connect(one.parent.system.owner_dsn()) as connection:
        connection.execute(
            "UPDATE hub.satisfaction s SET since = s.since - %s FROM hub.enrolment_line l"
            " JOIN hub.school_file f USING (file_id) WHERE l.line_id = s.line_id AND f.child_id = %s",
            (shift, one.child),
        )
    one.day = day.isoformat()


@dataclass(frozen=True)
class Act:
    """``ready`` steps run with a worker, each for all families at once; ``does`` leaves the work to a dying one."""

    name: str
    does: Callable[[Family], None]
    ready: tuple[Callable[[Family], None], ...] = ()
    quotient: int | None = None


ACTS = (
    Act("deposit", deposit),
    Act("requests", ask_much, (deposit, linked), quotient=742),
    Act("absent_at_source", ask_tariff, (deposit, linked)),
    Act("erasure", erase, (deposit, linked, ask_canteen, enrolled)),
    Act("claim", claim, (deposit, linked)),
)
HAND_OVER = Act("hand_over", lambda _: None, (deposit, linked, ask_canteen, enrolled))


def days_back(count: int) -> list[date]:
    """``count`` days before today, none of them used twice."""
    return [date.today() - timedelta(days=10 + number) for number in range(count)]
