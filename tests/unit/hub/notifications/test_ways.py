"""Text messages and printed letters: about nobody, once, and a doubt that the way itself can end."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from connectors.file_drop import FileDropTransport
from connectors.post.codec import SHEET
from connectors.sms.codec import TextMessage
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.notifications.carriers import ByMail, ByPost, BySms
from hub.notifications.choosing import Chooser, Chosen, Wish, choose
from hub.notifications.messages import NOTICES, write_message
from hub.notifications.postman import Postman
from hub.notifications.return_codes import find_letter, read_code
from hub.notifications.tables import RETURN_CODE
from hub.notifications.texts import LONGEST
from hub.persons.postal import PostalAddress
from hub.persons.residences import Channel, choose_contact
from hub.school_files.telling_families import tell_families
from tests.assets.families import Made
from tests.unit.connectors.wire import binding
from tests.unit.hub.notifications.conftest import START
from tests.unit.hub.notifications.test_messages import EMAIL, GATHERING, ask, look, parent, post, states, way  # noqa: F401 - the same post
from vault.crypto.holders import HolderKeys
from vault.crypto.records import RecordSeals, RecordSigner
from vault.db import Database
from vault.documents.custody import Custody
from vault.standing import Purpose, standing
from vault.storage.memory import MemoryObjectStore

NUMBER = "+33639980001"
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of text messages (3GPP TS 23.038 6.2.1)."""


def mentioned(said: str, *words: str) -> list[str]:
    return [word for word in words if word.lower() in said.lower()]


class Gateway:
    """A gateway for text messages that answers as told, and remembers what it took."""

    def __init__(self) -> None:
        self.sent: list[TextMessage] = []
        self.kind, self.known = OutcomeKind.ACCEPTED, OutcomeKind.UNAVAILABLE

    def send(self, text: TextMessage) -> ExchangeOutcome:
        self.sent.append(text)
        return ExchangeOutcome(self.kind, code="x")

    def look(self, message: UUID) -> ExchangeOutcome:
        return ExchangeOutcome(self.known, proof="x", as_of=START)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def custody(town) -> Custody:
    """What the worker has, with the keys of this town."""
    signer = RecordSigner.generate()
    keys, records = HolderKeys(town.master), RecordSeals(signer, signer.verifier)
    return Custody(town.db, MemoryObjectStore(), keys, None, records, 1_000_000, town.now)


@pytest.fixture
def every_way(town, post, way, gateway, custody, tmp_path) -> Postman:  # noqa: F811 - the fixtures
    """A post that has all three ways."""
    mail = ByMail(town.db, way, "https://porte.example", "https://partenaires.example", town.now)
    sms = BySms(town.db, gateway, "VilleParis", town.now)
    drop = FileDropTransport(tmp_path)
    sender = ("Ville de Paris", "1 place Imaginaire", "75000 PARIS")
    paper = ByPost(custody, drop, binding(str(tmp_path)), "https://porte.example", sender)
    return replace(post, carriers={"email": mail, "telephone": sms, "post": paper})


def by_telephone(town) -> Made:
    made = parent(town, Channel.COUNTER, None)
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        choose_contact(tx, made.adult, Channel.TELEPHONE, NUMBER, now=town.now(), verified_at=town.now())
    return made


def by_post(town, custody) -> Made:
    made = parent(town, Channel.COUNTER, None)
    url = make_url(town.url).set(username="unefois_door", password="of-this-test")
    door = replace(custody, db=Database.connect(url.render_as_string(hide_password=False), pool_size=1))
    with standing(person=made.adult), door.db.transaction() as tx:
        wish = Wish(Channel.POST, address=PostalAddress("8 rue des Peupliers", "75013", "Paris", "Bât. C"))
        assert choose(tx, door, made.adult, wish, Chooser.resident(made.adult), now=town.now()) is Chosen.KEPT
    door.db.close()
    return made


def test_a_text_message_is_one_message_for_every_telephone_and_about_nobody(town, every_way, gateway):
    made = by_telephone(town)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    town.later(days=8)
    look(town, every_way)
    assert [text.to for text in gateway.sent] == [NUMBER, NUMBER]
    assert len({text.message for text in gateway.sent}) == 2
    for text in gateway.sent:
        assert len(text.text) <= LONGEST
        assert set(text.text) <= GSM
        assert not mentioned(text.text, made.name, made.given, made.first, "cantine", "http")


def test_a_number_that_nobody_proved_is_not_written_to(town, every_way, gateway):
    made = parent(town, Channel.TELEPHONE, NUMBER)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    assert (gateway.sent, states(town)) == ([], [])


def test_what_the_gateway_may_have_taken_is_asked_about_and_never_sent_blindly(town, every_way, gateway):
    made = by_telephone(town)
    ask(town, made, "canteen_enrolment")
    gateway.kind = OutcomeKind.IN_DOUBT
    look(town, every_way)
    town.later(minutes=30)
    look(town, every_way)
    assert (len(gateway.sent), states(town)) == (1, ["in_doubt"])
    gateway.known = OutcomeKind.FOUND
    town.later(minutes=30)
    look(town, every_way)
    assert (len(gateway.sent), states(town)) == (1, ["sent"])


def test_what_the_gateway_says_it_never_had_is_sent_again_under_the_same_identifier(town, every_way, gateway):
    made = by_telephone(town)
    ask(town, made, "canteen_enrolment")
    gateway.kind, gateway.known = OutcomeKind.IN_DOUBT, OutcomeKind.ABSENT
    look(town, every_way)
    gateway.kind = OutcomeKind.ACCEPTED
    look(town, every_way)
    assert states(town) == ["sent"]
    assert len(gateway.sent) == 2
    assert len({text.message for text in gateway.sent}) == 1


def printed(folder: Path) -> list[str]:
    """What every dropped letter says, oldest first."""
    found = []
    for path in sorted(folder.glob("*.zip"), key=lambda one: one.stat().st_mtime_ns):
        with zipfile.ZipFile(path) as parcel, pypdfium2.PdfDocument(parcel.read(SHEET)) as document:
            found.append(document[0].get_textpage().get_text_bounded())
    return found


def test_a_letter_is_printed_once_with_a_code_that_leads_to_the_ask(town, every_way, custody, tmp_path):
    made = by_post(town, custody)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    look(town, every_way)
    (said,) = printed(tmp_path)
    assert f"{made.given} {made.name}\r\nBât. C\r\n8 rue des Peupliers\r\n75013 PARIS" in said
    assert not mentioned(said, made.first, "cantine", "Caisse", "naissance")
    code = read_code(re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", said).group())
    found = find_letter(as_door(town), code, now=town.now())
    (row,) = town.rows("SELECT message_id, channel FROM hub.message")
    assert (found.person_id, found.message_id, row["channel"]) == (made.adult, row["message_id"], "post")
    with standing(purpose=Purpose.TELLING), town.db.read() as tx:
        kept = tx.execute(select(RETURN_CODE).where(RETURN_CODE.c.message_id == row["message_id"])).one()
    assert code.encode() not in kept.digest


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_notice_goes_by_every_way_without_a_code_or_a_name(town, every_way, custody, tmp_path, kind):
    texts, letters = every_way.carriers["telephone"].way.sent, every_way.carriers["email"].way.sent
    people = [by_post(town, custody), by_telephone(town), parent(town, Channel.EMAIL, EMAIL)]
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        for made in people:
            write_message(tx, kind, person_id=made.adult, not_before=town.now(), now=town.now())
    look(town, every_way)
    assert states(town) == ["sent"] * 3
    (sheet,), (text,), (letter,) = printed(tmp_path), texts, letters
    assert len(text.text) <= LONGEST
    assert set(text.text) <= GSM
    assert not re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}|Talon", sheet)
    assert not mentioned(sheet + text.text, "Inès", "http")
    assert not mentioned(letter.text, "Inès", "Nora", "BELKACEM")


def test_a_reminder_by_post_has_a_code_of_its_own_that_leads_to_the_same_ask(town, every_way, custody, tmp_path):
    made = by_post(town, custody)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    town.later(days=8)
    look(town, every_way)
    codes = [read_code(re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", one).group()) for one in printed(tmp_path)]
    assert len(set(codes)) == 2
    assert len({find_letter(as_door(town), code, now=town.now()).message_id for code in codes}) == 1


def test_a_sender_that_dies_with_the_letter_in_the_drop_finds_it_there(town, every_way, custody, tmp_path):
    made = by_post(town, custody)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    town.rows("UPDATE hub.message SET state = 'sending', leased_until = %(at)s", at=town.now())
    look(town, every_way)
    assert (states(town), len(printed(tmp_path))) == (["sent"], 1)


def test_a_letter_that_may_have_been_fetched_stays_in_doubt(town, every_way, custody, tmp_path):
    made = by_post(town, custody)
    ask(town, made, "canteen_enrolment")
    look(town, every_way)
    next(tmp_path.glob("*.zip")).unlink()
    town.rows("UPDATE hub.message SET state = 'sending', leased_until = %(at)s", at=town.now())
    look(town, every_way)
    town.later(hours=1)
    look(town, every_way)
    assert (states(town), printed(tmp_path)) == (["in_doubt"], [])


def test_a_print_room_whose_folder_is_away_is_tried_again(town, every_way, custody, tmp_path):
    made = by_post(town, custody)
    ask(town, made, "canteen_enrolment")
    away = tmp_path.with_name(tmp_path.name + "-away")
    tmp_path.rename(away)
    look(town, every_way)
    away.rename(tmp_path)
    look(town, every_way)
    assert (states(town), len(printed(tmp_path))) == (["sent"], 1)


def test_whoever_chooses_another_way_is_told_by_that_one(town, every_way, way, gateway):  # noqa: F811 - the fixture
    made = by_telephone(town)
    ask(town, made, "canteen_enrolment")
    with standing(purpose=Purpose.TELLING), town.db.transaction() as tx:
        tell_families(tx, channels=every_way.channels, gathering=GATHERING, now=town.now())
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        choose_contact(tx, made.adult, Channel.COUNTER, None, now=town.now())
    look(town, every_way)
    assert states(town) == ["cancelled"]
    with standing(purpose=Purpose.MIGRATION), town.owner.transaction() as tx:
        choose_contact(tx, made.adult, Channel.EMAIL, EMAIL, now=town.now(), verified_at=town.now())
    look(town, every_way)
    assert (gateway.sent, [letter.to for letter in way.sent]) == ([], [EMAIL])


def as_door(town) -> Database:
    url = make_url(town.url).set(username="unefois_door", password="of-this-test")
    return Database.connect(url.render_as_string(hide_password=False), pool_size=1)
