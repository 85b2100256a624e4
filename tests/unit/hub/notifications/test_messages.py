"""A family is told once, whoever asks; a doubt stays a doubt; nothing in a message is about anybody."""

from datetime import timedelta

import pytest

from connectors.mail import Letter
from contracts.identifiers import new_uuid
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.notifications.carriers import ByMail
from hub.notifications.postman import LEASE, WAITS, Postman
from hub.persons.residences import Channel, choose_contact
from hub.school_files.telling_families import REMINDERS, SHARED_FOR, remind_families, still_open, tell_families
from tests.assets.families import Made, seed
from vault.standing import Purpose, standing

GATHERING = timedelta(minutes=10)
EMAIL = "nora@exemple.example"


class Way:
    """A mail server that answers as told."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.kind = OutcomeKind.APPLIED

    def send(self, letter: Letter) -> ExchangeOutcome:
        if isinstance(self.kind, type):
            raise self.kind
        self.sent.append(letter)
        return ExchangeOutcome(self.kind, code="x")


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
def post(town, way):
    town.rows(
        """SET unefois.purpose = 'migration'; DELETE FROM hub.return_code; DELETE FROM hub.contact_check;
           DELETE FROM hub.ask; DELETE FROM hub.message"""
    )
    mail = ByMail(town.db, way, "https://porte.example", "https://partenaires.example", town.now)
    return Postman(town.db, {"email": mail}, town.now, lambda tx, message: still_open(tx, message, now=town.now()))


def parent(town, channel: Channel = Channel.EMAIL, value: str | None = EMAIL) -> Made:
    made = Made()
    seed(town.url, None, [(made, [])], received_at=town.now(), until=(town.now() + timedelta(days=300)).date())
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        verified = town.now() if channel is Channel.EMAIL else None
        choose_contact(tx, made.adult, channel, value, now=town.now(), verified_at=verified)
    return made


def ask(town, made: Made, service: str, requirement: str = "child_identity") -> None:
    town.rows(
        "INSERT INTO hub.ask VALUES (%(l)s, %(r)s, 'asked_by_body', %(at)s)",
        l=made.lines[service],
        r=requirement,
        at=town.now(),
    )


def satisfy(town, made: Made, service: str) -> None:
    town.rows("UPDATE hub.request SET state = 'closed' WHERE line_id = %(l)s", l=made.lines[service])


def look(town, post) -> None:
    """What the worker does every two seconds, now and once what is gathered is due."""
    for _ in range(2):
        with standing(purpose=Purpose.TELLING), town.db.transaction() as tx:
            tell_families(tx, channels=post.channels, gathering=GATHERING, now=town.now())
            remind_families(tx, now=town.now())
        post.send_due()
        town.clock[0] += GATHERING


def states(town) -> list[str]:
    return [row["state"] for row in town.rows("SELECT state FROM hub.message ORDER BY created_at")]


def test_two_bodies_that_ask_give_one_message(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    ask(town, made, "after_school")
    look(town, post)
    look(town, post)
    assert [letter.to for letter in way.sent] == [EMAIL]


def test_what_is_asked_soon_after_shares_the_message_and_later_gets_its_own(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    look(town, post)
    ask(town, made, "after_school")
    look(town, post)
    assert len(way.sent) == 1
    town.clock[0] += SHARED_FOR
    satisfy(town, made, "canteen_enrolment")
    satisfy(town, made, "after_school")
    ask(town, made, "bursary")
    look(town, post)
    assert len(way.sent) == 2


def test_a_message_names_nobody_and_nothing(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    look(town, post)
    (letter,) = way.sent
    said = letter.subject + letter.text
    for word in (made.name, made.given, made.first, "cantine", "Caisse", "naissance", "child_identity", made.born_on):
        assert word.lower() not in said.lower()
    assert "https://porte.example" in letter.text
    assert not any(str(one) in said for one in (made.adult, made.child, *made.lines.values()))


@pytest.mark.parametrize("channel", [Channel.POST, Channel.COUNTER])
def test_who_wants_no_messages_gets_none(town, post, way, channel):
    made = parent(town, channel, None)
    ask(town, made, "canteen_enrolment")
    look(town, post)
    assert (way.sent, states(town)) == ([], [])


def test_who_changes_their_mind_before_it_is_sent_is_not_written_to(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    with standing(purpose=Purpose.TELLING), town.db.transaction() as tx:
        tell_families(tx, channels=post.channels, gathering=GATHERING, now=town.now())
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        choose_contact(tx, made.adult, Channel.COUNTER, None, now=town.now())
    look(town, post)
    assert (way.sent, states(town)) == ([], ["cancelled"])


def test_what_was_handed_in_meanwhile_is_not_asked(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    with standing(purpose=Purpose.TELLING), town.db.transaction() as tx:
        tell_families(tx, channels=post.channels, gathering=GATHERING, now=town.now())
    satisfy(town, made, "canteen_enrolment")
    look(town, post)
    assert (way.sent, states(town)) == ([], ["cancelled"])


def test_reminders_come_twice_and_no_more(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    look(town, post)
    for _ in range(40):
        town.later(days=1)
        look(town, post)
    assert len(way.sent) == 1 + len(REMINDERS)
    assert way.sent[1].subject.startswith("Rappel")
    assert len({letter.message for letter in way.sent}) == 3


def test_a_reminder_stops_when_what_was_asked_is_there(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    look(town, post)
    satisfy(town, made, "canteen_enrolment")
    town.later(days=30)
    look(town, post)
    assert len(way.sent) == 1


def test_a_sender_that_dies_while_sending_leaves_a_doubt_and_no_second_copy(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    way.kind = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        look(town, post)
    assert states(town) == ["sending"]
    way.kind = OutcomeKind.APPLIED
    town.clock[0] += LEASE
    look(town, post)
    assert (way.sent, states(town)) == ([], ["in_doubt"])


def test_a_server_that_is_away_is_tried_again_under_the_same_identifier(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    way.kind = OutcomeKind.UNAVAILABLE
    look(town, post)
    way.kind = OutcomeKind.APPLIED
    look(town, post)
    assert len({letter.message for letter in way.sent}) == 1
    assert states(town) == ["sent"]


def test_an_address_that_is_refused_is_not_tried_again(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    way.kind = OutcomeKind.REJECTED
    look(town, post)
    look(town, post)
    assert (len(way.sent), states(town)) == (1, ["refused"])


def test_a_server_that_never_takes_it_is_given_up(town, post, way):
    made = parent(town)
    ask(town, made, "canteen_enrolment")
    way.kind = OutcomeKind.UNAVAILABLE
    for wait in (GATHERING, *WAITS):
        look(town, post)
        town.clock[0] += wait
    look(town, post)
    assert (len(way.sent), states(town)) == (len(WAITS) + 1, ["refused"])


def test_a_webhook_that_is_turned_off_is_told_to_the_partners_contact_once(town, post, way):
    partner = town.partner()
    partner.receiver.status = 410
    for n in range(3):
        town.tell(partner, str(n), line=new_uuid())
    town.drain()
    look(town, post)
    assert [letter.to for letter in way.sent] == ["si@caisse13.example"]
    assert "/hub/v1/webhook/open" in way.sent[0].text
