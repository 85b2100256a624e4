"""Cases that need the whole way from a family's papers to its body: two homes, twins, and two that became one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

from connectors.sandbox.agencies.paris_familles import Order, PlayedFamilies
from connectors.sandbox.agencies.rest import PlayedAgency
from connectors.sandbox.caisses.rpc import RpcCaisse
from connectors.sandbox.caisses.soap import SoapCaisse
from orchestration.conforming.kit import Case, NotApplicable, require
from orchestration.conforming.subjects import Stage, Subject
from tests.assets.families import Made
from tests.system import BOURSES, FAMILLES, MAIRIE
from tests.unit.hub.exchanges.pushed import Told, in_order, telling
from tests.unit.hub.school_files.conftest import NOW, Place

BODIES = {
    "caisse-soap": ("canteen_tariff", "91000059500017", "synchronise_families"),
    "caisse-rpc": ("canteen_tariff", "91000060300019", "register"),
    "caisse-rest": ("canteen_tariff", "91000057900011", "synchronise_families"),
    "enrolment-rest": ("school_enrolment", MAIRIE, "register"),
    "bursary-rest": ("bursary", BOURSES, "register"),
    "paris-familles": ("after_school", FAMILLES, "create"),
}
"""Which service of which body each connector is for, and how that body is told."""


def family_cases(subject: Subject, place: Place) -> dict[str, Case]:
    """The cases for one connector on one database; none where nothing plans what families' bodies are told by it yet."""
    if subject.name not in BODIES and subject.named is not None:
        return {}
    of: dict[str, Callable[[Subject, Place], None]] = {"C15": families_apart, "C25": planned_once_more}
    return {name: partial(case, subject, place) for name, case in of.items()}


@contextmanager
def told_by(subject: Subject, place: Place) -> Iterator[tuple[Told, Stage]]:
    """A body that is told of families, and its played partner."""
    _, siret, operation = BODIES[subject.name]
    place.clock[0] = NOW
    stage = Stage(subject, now=NOW)
    with telling(place, subject.name, siret, stage.way, operation, slug=f"kit-{uuid4().hex[:12]}") as told:
        yield told, stage


def _told_of_families(subject: Subject) -> None:
    if subject.name not in BODIES:
        raise NotApplicable("it is told of no family, and makes none into another")


def families_apart(subject: Subject, place: Place) -> None:
    """C15: one child in two homes, twins, and a namesake elsewhere: each its own line, each home its own family."""
    _told_of_families(subject)
    service, siret, operation = BODIES[subject.name]
    wanted = [(service, siret)]
    with told_by(subject, place) as (told, stage):
        first = in_order(place, wanted)
        others = [
            in_order(place, wanted, given="Karim", child=first.child, file=first.file, beside=True),
            in_order(place, wanted, first="Lina"),
            in_order(place, wanted),
        ]
        done = told.push()
        require(done.lines == 4, f"{done.lines} of four lines are told of")
        told.carry()
        kept = _kept(stage)
        rows = [told.told(one.lines[service]) for one in (first, *others)]
        children = [kept.get(str(row["reference"])) for row in rows]
        require(None not in children and len(kept) == 4, "a line is missing, or there are too many")
        require(children[0] == children[1] and len(set(children)) == 3, "one child is two, or two are one")
        require(len({row["family"] for row in rows}) == 4, "two homes are one family")
        if operation == "synchronise_families" and isinstance(stage.partner, SoapCaisse):
            require(
                all(len(lines) == 1 for lines in stage.partner.books.families.values()), "a home has another's line"
            )
        sides = place.rows(
            "SELECT count(DISTINCT l.payer_id) AS n FROM hub.release r JOIN hub.enrolment_line l USING (line_id)"
            " WHERE l.line_id = ANY (%(lines)s) AND r.channel = 'push'",
            lines=[one.lines[service] for one in (first, *others)],
        )
        require(sides[0]["n"] == 4, "a child is in no trace of the adult who pays")


def planned_once_more(subject: Subject, place: Place) -> None:
    """C25: under the name that lives on, once; and a partner that answers in a circle is not followed."""
    _told_of_families(subject)
    service, siret, _ = BODIES[subject.name]
    with told_by(subject, place) as (told, stage):
        if isinstance(stage.partner, RpcCaisse):
            raise NotApplicable("the dialect cannot say that two became one")
        made = in_order(place, [(service, siret)])
        told.push()
        if isinstance(stage.partner, PlayedFamilies):
            told.carry()
        survivor = _merge(stage, told, made.lines[service], "")
        _change(place, made, "PREMIER")
        planned = _again(told, 5)
        require(sum(planned) <= 3 and planned[-2:] == [0, 0], f"planned {planned} times")
        require(_lives(stage, survivor), "what lives on was not told")
        _merge(stage, told, made.lines[service], survivor)
        _change(place, made, "SECOND")
        circle = _again(told, 5)
        require(circle == [1, 1, 0, 0, 0], f"in a circle it is planned {circle} times")
        require(told.day(NOW.date()).refused == 1, "that it was not taken is said to nobody")


def _again(told: Told, times: int) -> list[int]:
    planned = []
    for _ in range(times):
        told.carry()
        planned.append(told.push().exchanges)
    told.carry()
    return planned


def _change(place: Place, made: Made, name: str) -> None:
    place.rows("UPDATE hub.civil_status SET family_name = %(n)s WHERE person_id = %(c)s", n=name, c=made.child)


def _kept(stage: Stage) -> dict[str, str]:
    """Which child each line is of, as the partner keeps it."""
    partner = stage.partner
    if isinstance(partner, PlayedFamilies):
        return {one.external_id: one.attributes["child_id"] for one in partner.books.kept.values()}
    if isinstance(partner, PlayedAgency):
        return {line: one.enfant.reference for line, one in partner.books.lines.items()}
    assert isinstance(partner, SoapCaisse | RpcCaisse)
    return {line: one.child for line, one in partner.books.enrolled.items()}


def _merge(stage: Stage, told: Told, line: UUID, lives: str) -> str:
    """Have the partner make two into one; with ``lives`` the one that lived on becomes the other, in a circle."""
    row, partner = told.told(line), stage.partner
    if isinstance(partner, PlayedFamilies):
        kept = partner.books.kept
        if not lives:
            kept["REG-999999"] = replace(kept[row["number"]], number="REG-999999", external_id=str(uuid4()))
            partner.books.carry_out(Order(act="merge", registration=row["number"], into="REG-999999"))
            return "REG-999999"
        before = next(one.number for one in kept.values() if one.merged_into == lives)
        partner.books.carry_out(Order(act="merge", registration=lives, into=before))
        return lives
    assert isinstance(partner, SoapCaisse | PlayedAgency)
    before = str(row["family"] if "synchronise_families" in told.way.binding.operations else row["reference"])
    if lives:
        partner.books.merged[lives] = before
        return lives
    survivor = str(uuid4())
    partner.books.merged[before] = survivor
    return survivor


def _lives(stage: Stage, survivor: str) -> bool:
    partner = stage.partner
    if isinstance(partner, PlayedFamilies):
        return partner.books.kept[survivor].attributes.get("family_name") == "PREMIER"
    if isinstance(partner, SoapCaisse):
        return survivor in partner.books.families
    assert isinstance(partner, PlayedAgency)
    # Of families it keeps their lines alone.
    told = [reference for reference, one in partner.books.lines.items() if one.enfant.nom == "PREMIER"]
    return survivor in told or len(told) == 1
