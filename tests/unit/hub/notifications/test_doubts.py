"""A doubt is listed without a word about anybody, and ended by somebody who says how they know."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from contracts.identifiers import new_uuid
from contracts.outcomes import OutcomeKind
from hub.errors import InvalidValue, NothingHere
from hub.notifications.doubts import Settled, doubts, settle
from hub.persons.agents import OPERATOR
from tests.unit.hub.notifications.conftest import START
from tests.unit.hub.notifications.test_messages import ask, look, parent, post, states, way  # noqa: F401 - the same post
from vault.journal.tables import RECORD
from vault.standing import Purpose, standing


def in_doubt(town, post, way, kind: OutcomeKind = OutcomeKind.IN_DOUBT):  # noqa: F811 - the fixtures
    """A family's message that may have been sent, as the list shows it."""
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    way.kind = kind
    look(town, post)
    way.kind = OutcomeKind.APPLIED
    with standing(purpose=Purpose.TELLING), town.db.read() as tx:
        (found,) = doubts(tx, since=START - timedelta(days=1))
    return made, found


def settled(town, message, how: Settled, reason: str = "the server's log has it") -> None:
    with standing(purpose=Purpose.TELLING), town.owner.transaction() as tx:
        settle(tx, message, how, reason, actor=OPERATOR, now=town.now())


def test_a_doubt_is_listed_by_way_and_outcome_and_names_nobody(town, post, way):  # noqa: F811 - the fixtures
    made, found = in_doubt(town, post, way)
    assert (found.state, found.channel, found.kind, found.last_outcome) == ("in_doubt", "email", "ask", "in_doubt:x")
    assert str(made.adult) not in str(found)


def test_what_arrived_is_sent_and_not_sent_again(town, post, way):  # noqa: F811 - the fixtures
    _, found = in_doubt(town, post, way)
    settled(town, found.message_id, Settled.SENT)
    look(town, post)
    assert (len(way.sent), states(town)) == (1, ["sent"])


@pytest.mark.parametrize("kind", [OutcomeKind.IN_DOUBT, OutcomeKind.REJECTED])
def test_what_did_not_arrive_is_sent_again_under_its_identifier(town, post, way, kind):  # noqa: F811 - the fixtures
    _, found = in_doubt(town, post, way, kind)
    settled(town, found.message_id, Settled.AGAIN)
    look(town, post)
    assert states(town) == ["sent"]
    assert [letter.message for letter in way.sent] == [str(found.message_id)] * 2


def test_the_journal_keeps_who_said_so_and_why(town, post, way):  # noqa: F811 - the fixtures
    made, found = in_doubt(town, post, way)
    settled(town, found.message_id, Settled.SENT, "seen in the log of the mail server")
    with standing(purpose=Purpose.MIGRATION), town.owner.read() as tx:
        told = [bytes(row.record).decode() for row in tx.execute(select(RECORD))]
    (entry,) = [one for one in told if str(found.message_id) in one]
    assert all(word in entry for word in ("message_sent", "seen in the log", "operator", str(made.adult)))


def test_what_is_in_no_doubt_is_not_settled_and_nothing_without_a_reason(town, post, way):  # noqa: F811 - the fixtures
    _, found = in_doubt(town, post, way)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(InvalidValue):
            settled(town, found.message_id, Settled.SENT, reason)
    settled(town, found.message_id, Settled.SENT)
    for message in (found.message_id, new_uuid()):
        with pytest.raises(NothingHere):
            settled(town, message, Settled.AGAIN)
