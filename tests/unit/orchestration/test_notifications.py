"""What a partner's webhook does not take, from the operator's terminal: listed, its partner warned, let go, sent after all."""

import json

import pytest
from typer.testing import CliRunner

from hub.errors import InvalidValue, NothingHere, PartnerNotTold
from hub.notifications.letting_go import NOTICE
from orchestration.cli import app
from tests.unit.hub.notifications.conftest import databases, server, town  # noqa: F401 - the same partners
from tests.unit.hub.notifications.test_stuck import refused

WHY = ("--reason", "their engineer asked for it", "--service")


@pytest.fixture
def typed(town, monkeypatch):  # noqa: F811 - the fixture
    monkeypatch.setenv("UNEFOIS_OWNER_URL", town.url)

    def run(*words):
        return CliRunner().invoke(app, ["notifications", *words])

    return run


def waiting(typed, slug):
    (queue,) = json.loads(typed("list", slug, "--json", "--service").output)
    return queue


def test_what_waits_is_listed_and_goes_once_its_partner_was_told(town, typed):  # noqa: F811 - the fixture
    partner = refused(town, "one", "two")
    slug = f"body-{partner.siret}"
    queue = waiting(typed, slug)
    assert (queue["siret"], queue["waiting"], len(queue["shown"])) == (partner.siret, 2, 2)
    number = queue["shown"][0]["delivery_id"]
    listed = typed("list", "--service")
    assert listed.exit_code == 1
    assert all(word in listed.output for word in (str(partner.siret), number, "2 wait"))

    assert isinstance(typed("let-go", number, *WHY).exception, PartnerNotTold)
    assert typed("warn", slug, *WHY).exit_code == 0
    assert isinstance(typed("warn", slug, *WHY).exception, InvalidValue)
    assert isinstance(typed("let-go", number, *WHY).exception, PartnerNotTold)
    earlier = "UPDATE hub.webhook SET warned_at = warned_at - %(n)s WHERE siret = %(s)s"
    town.rows(earlier, n=NOTICE, s=partner.siret)
    town.rows(
        "UPDATE hub.delivery SET created_at = created_at - %(n)s * 4 WHERE siret = %(s)s", n=NOTICE, s=partner.siret
    )
    done = typed("let-go", number, *WHY)
    assert (done.exit_code, done.output) == (0, f"{number}: let go\n")
    assert town.states(partner) == ["abandoned", "due"]
    assert [one["given_up"] for one in waiting(typed, slug)["shown"]].count(True) == 1

    partner.receiver.status = 204
    assert typed("send", number, *WHY).exit_code == 0
    assert town.states(partner) == ["due", "due"]
    acts = "SELECT convert_from(record, 'UTF8') AS r FROM vault.journal_record"
    told = " ".join(row["r"] for row in town.rows(acts))
    assert all(step in told for step in ("webhook_ageing", "notification_let_go", "notification_again"))


def test_nothing_that_waits_is_said(town, typed):  # noqa: F811 - the fixture
    partner = town.partner()
    listed = typed("list", f"body-{partner.siret}", "--service")
    assert listed.exit_code == 0
    assert "0 wait" in listed.output


@pytest.mark.parametrize(
    ("words", "raised"),
    [
        (("list", "nobody", "--service"), NothingHere),
        (("warn", "nobody", *WHY), NothingHere),
        (("send", "not-a-number", *WHY), InvalidValue),
        (("let-go", "01a20b5c-86aa-729a-a214-bc820d6b5f7b", *WHY), NothingHere),
        (("send", "01a20b5c-86aa-729a-a214-bc820d6b5f7b", "--reason", " ", "--service"), InvalidValue),
    ],
)
def test_what_is_not_there_is_refused(typed, words, raised):
    done = typed(*words)
    assert (done.exit_code, type(done.exception)) == (1, raised)
