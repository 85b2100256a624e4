"""Folders that were set aside are listed by why, looked at again, given up with their sender told, and forgotten in time."""

import json
from uuid import UUID

import pytest

from hub.errors import InvalidValue, NothingHere, NotRepeatable
from hub.exchanges.folders_aside import KEPT, Aside, FolderAside, folders_aside, forget_folders, tell_given_up
from orchestration.exchanges import aside_as_json, aside_in_words, decide_folder
from tests.assets.families import Made
from tests.unit.hub.exchanges.test_folders_in import Town, town  # noqa: F401 - a fixture of its neighbour
from tests.unit.hub.exchanges.test_january import family  # noqa: F401 - the same
from tests.unit.hub.school_files.conftest import place, server  # noqa: F401 - fixtures of another folder
from vault.db import Database
from vault.standing import Purpose, standing

WHY = "asked the sender by telephone"


def listed(town: Town) -> Aside:  # noqa: F811 - the fixture's type
    with standing(partner=town.way.binding.siret), town.place.custody.db.read() as tx:
        found = folders_aside(tx)
    mine = town.way.binding.slug
    return Aside(
        tuple(one for one in found.counts if one[0] == mine), tuple(one for one in found.shown if one.binding == mine)
    )


def only(town: Town) -> FolderAside:  # noqa: F811 - the fixture's type
    (found,) = listed(town).shown
    return found


def decided(town: Town, number: UUID | str, how: str, reason: str = WHY) -> None:  # noqa: F811 - the fixture's type
    owner = Database.connect(town.place.url, pool_size=1)
    try:
        decide_folder(owner, str(number), how, reason)
    finally:
        owner.close()


def forgotten(town: Town) -> None:  # noqa: F811 - the fixture's type
    with town.place.custody.db.transaction() as tx:
        tx.stand(purpose=Purpose.RETENTION)
        forget_folders(tx, now=town.place.clock[0])


def test_nobodys_folder_is_listed_with_its_reason_and_nothing_else(town: Town, family: Made) -> None:  # noqa: F811 - the fixtures
    town.send(family, birthdate="1988-04-03")
    town.work()
    found = listed(town)
    assert found.counts == ((town.way.binding.slug, "nobody", 1),)
    assert (only(town).waits, only(town).may_again, only(town).may_give_up) == (True, True, True)
    told = "\n".join([*aside_in_words(found), aside_as_json(found)])
    assert json.loads(aside_as_json(found))["counts"][0]["many"] == 1
    assert not any(word in told for word in (family.name, family.given, "1988", "742"))


def test_what_is_given_up_is_told_to_its_sender_once(town: Town, family: Made) -> None:  # noqa: F811 - the fixtures
    case = town.send(family, birthdate="1988-04-03")
    town.work()
    decided(town, only(town).notification_id, "give-up")
    for _ in range(2):
        tell_given_up(town.place.custody, town.way)
        town.carry()
    books = town.partner.books
    assert (books.cases[case].status, books.queue, set(books.effects.values())) == ("SI_INTG_ERROR", [], {1})
    assert (listed(town).shown, town.folders()) == ((), [("aside", "given_up:nobody", False)])
    journaled = (
        "SELECT count(*) AS n FROM vault.journal_record WHERE convert_from(record, 'UTF8') LIKE '%%folder_given_up%%'"
    )
    assert town.place.rows(journaled)[0]["n"] >= 1


def test_what_could_be_two_peoples_is_looked_at_again_on_demand(town: Town, family: Made) -> None:  # noqa: F811 - the fixtures
    town.send(family)
    town.work()
    assert town.folders() == [("done", None, False)]
    case = town.send(family)
    town.work()
    town.place.rows(
        "UPDATE hub.folder_in SET state = 'aside', why = 'several', next_look = NULL, request_id = NULL WHERE case_id = %(c)s",
        c=case,
    )
    decided(town, only(town).notification_id, "again")
    town.work()
    assert listed(town).shown == ()


def test_only_what_can_be_done_is_done_and_with_a_reason(town: Town, family: Made) -> None:  # noqa: F811 - the fixtures
    town.send(family, "files")
    town.work()
    number = only(town).notification_id
    with pytest.raises(NotRepeatable):
        decided(town, number, "again")
    with pytest.raises(InvalidValue):
        decided(town, number, "give-up", " ")
    with pytest.raises(NothingHere):
        decided(town, "of-nobody", "give-up")


def test_what_is_over_and_left_the_queue_is_forgotten_and_nothing_else(town: Town, family: Made) -> None:  # noqa: F811 - the fixtures
    town.send(family)
    town.work()
    town.send(family, birthdate="1988-04-03")
    town.work()
    assert sorted(one[0] for one in town.folders()) == ["done", "found"]
    forgotten(town)
    assert len(town.folders()) == 2
    town.place.clock[0] += KEPT
    forgotten(town)
    assert [one[0] for one in town.folders()] == ["found"]
