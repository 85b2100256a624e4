"""What may not be asked leaves no byte and says why; what is held back for now is asked when its turn comes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connectors.api_particulier.messages import CivilIdentity, Question
from connectors.api_particulier.routes import QUOTIENT_FAMILIAL, ROUTES
from connectors.port import HELD_BACK, Binding, Exchange, WireRequest
from contracts.identifiers import Siret
from contracts.outcomes import OutcomeKind, Phase
from hub.exchanges.asking import ask
from hub.exchanges.quotient import MAX_ATTEMPTS, QuotientSource, fetch_quotient_familial
from hub.requirements.catalogue import load
from tests.assets.families import Made
from tests.system import CAISSE
from tests.unit.hub.exchanges.test_january import FEBRUARY, Caf, claimed, family, request_of  # noqa: F401 - a fixture
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.standing import standing

PERSON = CivilIdentity("KERJEAN", ("Solène",), "F", "99100", "75113", birth_year=1988, birth_month=4, birth_day=17)
BINDING = Binding(
    "caf-13", "https://caf.test", Siret(CAISSE), {"token": SecretStr("made up")}, frozenset({QUOTIENT_FAMILIAL.name})
)


class Nobody:
    """A partner that must not be spoken to."""

    def send(self, request: WireRequest) -> Exchange:
        """Fail."""
        pytest.fail(f"sent {request.target}")


@pytest.mark.parametrize("route", sorted(set(ROUTES) - BINDING.operations))
def test_no_byte_goes_to_a_route_that_is_not_enabled(route: str) -> None:
    outcome, phase = ask(Question(ROUTES[route], PERSON), BINDING, Nobody())
    assert (outcome.kind, outcome.code, phase) == (OutcomeKind.MISCONFIGURED, f"not_enabled:{route}", Phase.NOT_SENT)


def test_nor_without_a_token_or_with_half_a_question() -> None:
    whole = Question(QUOTIENT_FAMILIAL, PERSON)
    assert ask(whole, replace(BINDING, secrets={}), Nobody())[0].kind is OutcomeKind.MISCONFIGURED
    nameless = Question(QUOTIENT_FAMILIAL, replace(PERSON, birth_name="", sex=""))
    outcome, _ = ask(nameless, BINDING, Nobody())
    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "missing:nomNaissance,sexeEtatCivil")


@dataclass
class Busy:
    """Our own gate, shut so many times; then the partner behind it."""

    caf: Caf
    place: Place
    times: int
    held: list[int] = field(default_factory=list)

    def send(self, request: WireRequest) -> Exchange:
        """Hold back, or let through."""
        if len(self.held) < self.times:
            self.held.append(1)
            return Exchange(Phase.NOT_SENT, self.place.clock[0], headers=(("retry-after", "2"),), fault=HELD_BACK)
        return self.caf.send(request)


def fetch(place: Place, made: Made, way: object, binding: Binding = BINDING):  # noqa: F811 - the fixture's type
    source = QuotientSource(lambda _: binding, lambda _: way)  # type: ignore[arg-type,return-value]  # plays one
    with standing(job=claimed(place, made)):
        return fetch_quotient_familial(place.custody, load(), source, request_of(place, made))


def test_its_turn_comes_however_often_it_was_held_back(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    place.clock[0] = FEBRUARY
    way = Busy(Caf(family, place.clock, [742]), place, MAX_ATTEMPTS + 3)
    for _ in range(way.times):
        again = fetch(place, family, way)
        assert again == place.clock[0] + timedelta(seconds=2)
        place.clock[0] = again + timedelta(seconds=1)
    assert fetch(place, family, way) is None
    assert way.caf.asked == [()]
    (row,) = place.rows(
        "SELECT outcome, attempts FROM hub.exchange WHERE correlation = %(one)s", one=str(request_of(place, family))
    )
    assert (row["outcome"], row["attempts"]) == ("found", 1)


def test_a_body_without_the_route_has_the_family_asked_and_nobody_else(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    assert fetch(place, family, Nobody(), replace(BINDING, operations=frozenset())) is None
    asked = """SELECT reason FROM hub.ask JOIN hub.enrolment_line USING (line_id) WHERE payer_id = %(who)s"""
    assert {row["reason"] for row in place.rows(asked, who=family.adult)} == {"source_not_asked"}
    assert (
        place.rows("SELECT 1 FROM hub.exchange WHERE correlation = %(one)s", one=str(request_of(place, family))) == []
    )
