"""Whatever HubEE answers is one outcome: a file without its digest is none, one broken notification hides no other."""

import json
from base64 import b64encode
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SecretMissing
from connectors.hubee.codec import HubeeCodec
from connectors.hubee.commands import (
    COMMANDS,
    Acknowledge,
    AttachmentAsked,
    CaseAsked,
    CaseStatus,
    Command,
    EventReceived,
    NotificationsAsked,
    SetStatus,
    StatusAsked,
    TellStatus,
)
from connectors.hubee.quotient import NotAQuotient, read_quotient
from connectors.port import TOKEN_REFUSED, Exchange
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from tests.unit.connectors.wire import NOW, answer, binding, exchanges, mutations

CODEC = HubeeCodec()
BINDING = binding("https://hubee.example/teledossiers/v1", client_id="town", client_secret="s")
CASE, FILE, NOTIFICATION = (UUID(int=0xC0FFEE00_0000_4000_8000_000000000000 + n) for n in range(3))
ASKED = NotificationsAsked(look=1, at_most=2)
TELL = TellStatus(case=CASE, status=CaseStatus.DONE)
ALL: list[Command] = [
    ASKED,
    CaseAsked(case=CASE, notification=NOTIFICATION),
    AttachmentAsked(case=CASE, attachment=FILE, size=7),
    StatusAsked(case=CASE, status=CaseStatus.DONE),
    SetStatus(case=CASE, status=CaseStatus.DONE),
    TELL,
    EventReceived(case=CASE, event=FILE),
    Acknowledge(notification=NOTIFICATION),
]
TOWN = {"type": "SI", "companyRegister": "91000001200013", "branchCode": "75113"}
WHOLE = {"id": str(NOTIFICATION), "recipient": TOWN, "transmitter": TOWN, "processCode": "FormulaireQF"}
OCTETS = {"content_type": "application/octet-stream"}
DIGEST = b64encode(sha256(b"content").digest()).decode()


def decoded(command: Command, status: int, said: object = None, **headers: str) -> ExchangeOutcome:
    body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
    return CODEC.decode(command, answer(status, body, **headers))


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.operation)
def test_every_command_is_kept_and_read_again_and_says_who_calls(command: Command) -> None:
    assert COMMANDS.validate_json(COMMANDS.dump_json(command)) == command
    headers = dict(CODEC.encode(command, BINDING).headers)
    assert headers.keys() >= {"editorName", "applicationName", "softwareVersion"}
    with pytest.raises(SecretMissing):
        CODEC.encode(command, binding("https://hubee.example", client_id="town"))


def test_one_broken_notification_hides_no_other() -> None:
    outcome = decoded(ASKED, 200, [{"id": str(FILE)}, WHOLE, {"id": "no number"}, 7])
    assert [one.id for one in outcome.data["notifications"]] == [NOTIFICATION]
    assert (outcome.data["broken"], outcome.data["nameless"], outcome.data["full"]) == ([FILE], 2, True)
    assert decoded(ASKED, 200, []).kind is OutcomeKind.EMPTY
    assert decoded(ASKED, 200, {"errors": []}).kind is OutcomeKind.CONTRACT_BREACH


@pytest.mark.parametrize(
    ("body", "headers", "kind", "code"),
    [
        (b"content", OCTETS | {"digest": DIGEST}, OutcomeKind.FOUND, ""),
        (b"content", OCTETS | {"digest": f"SHA-256={DIGEST}"}, OutcomeKind.FOUND, ""),
        (b"content", OCTETS, OutcomeKind.REJECTED, "no_digest"),
        (b"c0ntent", OCTETS | {"digest": DIGEST}, OutcomeKind.REJECTED, "digest"),
        (b"<html/>", {"content_type": "text/html", "digest": DIGEST}, OutcomeKind.CONTRACT_BREACH, "no_file"),
    ],
)
def test_a_file_is_here_only_with_its_digest(body, headers, kind, code) -> None:
    outcome = decoded(ALL[2], 200, body, **headers)
    assert (outcome.kind, outcome.code) == (kind, code)


def test_a_file_of_another_size_is_none() -> None:
    command = AttachmentAsked(case=CASE, attachment=FILE, size=8)
    assert decoded(command, 200, b"content", **OCTETS, digest=DIGEST).code == "size"


def test_a_case_that_is_not_ours_says_nothing_of_our_credentials() -> None:
    said = {"errors": [{"code": 403, "message": "Unauthorized user"}]}
    assert decoded(ALL[1], 403, said).kind is OutcomeKind.REJECTED
    assert decoded(ASKED, 403, said).kind is OutcomeKind.AUTH_FAILED
    assert decoded(ALL[1], 403, b"<html/>").kind is OutcomeKind.AUTH_FAILED


@pytest.mark.parametrize(
    ("command", "kind"),
    [(ALL[1], OutcomeKind.ABSENT), (ALL[-1], OutcomeKind.DUPLICATE), (ALL[4], OutcomeKind.REJECTED)],
)
def test_not_found_is_what_hubee_says_and_no_proxy(command: Command, kind: OutcomeKind) -> None:
    assert decoded(command, 404, {"errors": [{"code": 404, "message": "is not found"}]}).kind is kind
    assert decoded(command, 404, b"<html/>").kind is OutcomeKind.UNAVAILABLE


def test_a_status_whose_answer_was_lost_is_looked_up() -> None:
    lost = CODEC.decode(TELL, Exchange(Phase.SENT, NOW, fault="reset"))
    asked = CODEC.lookup(TELL)
    assert (lost.kind, asked) == (OutcomeKind.IN_DOUBT, ALL[3])
    event = {"id": str(FILE), "actionType": "STATUS_UPDATE", "caseNewStatus": "DONE", "status": "SENT"}
    case = {"id": str(CASE), "status": "DONE", "recipient": TOWN, "externalId": "x", "processCode": "FormulaireQF"}
    assert decoded(ALL[3], 200, case | {"events": [event]}).receipt == str(FILE)
    assert decoded(ALL[3], 200, case).kind is OutcomeKind.ABSENT


def test_no_token_is_no_fault_of_the_partners_unless_it_refuses_us() -> None:
    refused = CODEC.decode(TELL, Exchange(Phase.NOT_SENT, NOW, fault=TOKEN_REFUSED))
    silent = CODEC.decode(TELL, Exchange(Phase.NOT_SENT, NOW, fault="no_token"))
    assert (refused.kind, silent.kind) == (OutcomeKind.AUTH_FAILED, OutcomeKind.UNAVAILABLE)


@given(exchange=exchanges(st.one_of(mutations(json.dumps([WHOLE]).encode()), mutations(json.dumps(WHOLE).encode()))))
def test_decoding_is_total(exchange: Exchange) -> None:
    for command in ALL:
        assert isinstance(CODEC.decode(command, exchange), ExchangeOutcome)


@given(body=mutations(json.dumps({"pivot_identity": {}, "quotient_familial_v3": {}}).encode()))
def test_reading_a_folder_has_one_way_to_fail(body: bytes) -> None:
    with pytest.raises(NotAQuotient):
        read_quotient(body)
