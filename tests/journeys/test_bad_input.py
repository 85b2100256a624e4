"""Whatever is wrong with what comes in: a problem in words, and nothing half-stored."""

import secrets
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.assets.hostile import image
from tests.assets.pdfs import pages
from tests.journeys.doors import (
    assert_nothing_kept,
    assert_problem,
    dial,
    kept_of,
    orphans,
    raw_deposit,
    read_answer,
)
from tests.system import gone

LIMIT = 64 * 1024 * 1024
PDF = "application/pdf"
BIG = b"%PDF-1.7\n" + b"x" * 1_000_000


def paper() -> bytes:
    """A PDF like no other."""
    return pages(1) + b"% " + secrets.token_hex(16).encode()


def refused(person, name, content, media_type, **told):
    before = orphans(person.system)
    assert_problem(person.hand_in(content, media_type, **told), name)
    assert_nothing_kept(person, before)


def test_an_empty_body(resident):
    refused(resident(), "empty-body", b"", PDF)


def test_a_png_announced_as_pdf(resident):
    refused(resident(), "type-mismatch", image("PNG"), PDF)


def test_a_pdf_announced_as_jpeg(resident):
    refused(resident(), "type-mismatch", paper(), "image/jpeg")


def test_a_text_announced_as_pdf(resident):
    refused(resident(), "unsupported-type", b"Madame, Monsieur, je vous prie", PDF)


@pytest.mark.parametrize("media_type", ["application/json", "text/html", "image/svg+xml", "", "application/pdf, x"])
def test_a_type_nobody_takes(resident, media_type):
    refused(resident(), "unsupported-type", paper(), media_type)


def test_a_pdf_that_begins_late(resident):
    refused(resident(), "unsupported-type", b"\n" + paper(), PDF)


def test_over_the_limit_is_said_before_the_body_is_sent(resident):
    person = resident()
    before = orphans(person.system)
    with dial(person.system) as line:
        line.sendall(raw_deposit(person, b"", length=LIMIT + 1))
        assert_problem(read_answer(line), "too-large")
    assert_nothing_kept(person, before)


def test_a_length_of_zero_before_bytes_that_come_all_the_same(resident):
    person = resident()
    before = orphans(person.system)
    with dial(person.system) as line:
        line.sendall(raw_deposit(person, paper(), length=0))
        answer = read_answer(line)
        assert_problem(answer, "malformed" if "malformed" in answer.text else "empty-body")
    assert_nothing_kept(person, before)


def test_a_length_and_then_no_byte(resident):
    person = resident()
    before = orphans(person.system)
    with dial(person.system) as line:
        line.sendall(raw_deposit(person, b"", length=5000))
        line.shutdown(socket.SHUT_WR)
        line.recv(1)
    assert_nothing_kept(person, before)


def test_fewer_bytes_than_announced(resident):
    person, content = resident(), paper()
    before = orphans(person.system)
    with dial(person.system) as line:
        line.sendall(raw_deposit(person, content, length=len(content) + 1))
        line.shutdown(socket.SHUT_WR)
        line.recv(1)
    assert_nothing_kept(person, before)


def test_more_bytes_than_announced_never_become_another_request(resident):
    person, content = resident(), paper()
    smuggled = raw_deposit(person, paper(), length=len(content))
    with dial(person.system) as line:
        # What was announced is the document (RFC 9112 6.3); what follows is no request and ends the connection.
        line.sendall(raw_deposit(person, content, length=len(content)))
        assert read_answer(line).status_code == 201
        line.sendall(b"the rest of the file\r\n" + smuggled)
        assert_problem(read_answer(line), "malformed")
        assert line.recv(1) == b""
    assert kept_of(person)["documents"] == 1


@pytest.mark.parametrize("length", ["+5", "-1", "5, 6", "0x10", "1e3", "5 5", ""])
def test_a_length_that_is_no_number_is_refused(resident, length):
    person = resident()
    before = orphans(person.system)
    with dial(person.system) as line:
        line.sendall(raw_deposit(person, paper(), length=length))
        answer = read_answer(line)
        assert_problem(answer, "length-required" if answer.status_code == 411 else "malformed")
    assert_nothing_kept(person, before)


def test_no_length_at_all(resident):
    person = resident()
    before = orphans(person.system)
    headers = {"content-type": PDF, "idempotency-key": secrets.token_hex(16)}
    assert_problem(person.http.post("/v1/documents", content=iter([paper()]), headers=headers), "length-required")
    assert_nothing_kept(person, before)


def test_a_connection_that_breaks_in_the_middle_leaves_nothing_and_the_key_is_free_again(resident):
    person, key = resident(), secrets.token_hex(16)
    before = orphans(person.system)
    line = dial(person.system)
    line.sendall(raw_deposit(person, BIG[:400_000], length=len(BIG), key=key))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    assert_nothing_kept(person, before)
    assert person.hand_in(paper(), PDF, key=key).status_code == 201


def test_a_key_used_for_another_body(resident):
    person, key = resident(), secrets.token_hex(16)
    assert person.hand_in(paper(), PDF, key=key).status_code == 201
    assert_problem(person.hand_in(paper(), PDF, key=key), "idempotency-key-reused")
    assert kept_of(person) == {"documents": 1, "receipts": 1, "keys": 1}


def test_a_key_used_for_another_kind(resident):
    person, key, content = resident(), secrets.token_hex(16), paper()
    person.hand_in(content, PDF, key=key)
    assert_problem(person.hand_in(content, PDF, key=key, kind="tax_notice"), "idempotency-key-reused")


def test_the_same_key_and_body_give_the_same_receipt_and_one_document(resident):
    person, key, content = resident(), secrets.token_hex(16), paper()
    first, second = (person.hand_in(content, PDF, key=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert kept_of(person) == {"documents": 1, "receipts": 1, "keys": 1}


def test_the_same_key_of_two_people_is_two_keys(resident):
    one, other, key = resident(), resident(), secrets.token_hex(16)
    assert one.hand_in(paper(), PDF, key=key).status_code == 201
    assert other.hand_in(paper(), PDF, key=key).status_code == 201


def test_the_same_key_many_times_at_once_has_one_effect(resident):
    person, key, content = resident(), secrets.token_hex(16), paper()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: person.hand_in(content, PDF, key=key), range(6)))
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert made
    assert all(receipt == made[0] for receipt in made)
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, "idempotency-key-in-flight")
    assert kept_of(person) == {"documents": 1, "receipts": 1, "keys": 1}


def test_the_same_content_at_once_under_several_keys_is_one_document(resident):
    person, content = resident(), paper()
    before = orphans(person.system)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: person.hand_in(content, PDF), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["document"] for answer in answers}) == 1
    assert kept_of(person)["documents"] == 1
    # What another test deposits in this moment lies in the store before any row knows of it.
    gone(lambda: orphans(person.system) - before)


@pytest.mark.parametrize("key", [None, "short", "a b c d e f g h", "x" * 129, "é" * 10])
def test_a_missing_or_odd_key(resident, key):
    person = resident()
    headers = [(b"content-type", b"application/pdf")]
    headers += [] if key is None else [(b"idempotency-key", key.encode("latin-1"))]
    answer = person.http.post("/v1/documents", content=paper(), headers=headers)
    assert_problem(answer, "idempotency-key-missing")
    assert kept_of(person)["documents"] == 0


def test_a_kind_that_is_not_in_the_catalogue(resident):
    told = assert_problem(resident().hand_in(paper(), PDF, kind="<script>"), "invalid")
    assert "script" not in told["detail"]


HOSTILE_NAMES = [
    'attachment; filename="../../etc/passwd"',
    "attachment; filename*=UTF-8''%0d%0aSet-Cookie%3A%20a%3Db",
    "attachment; filename*=UTF-8''%00%E2%80%AEfdp.exe",
    "attachment; filename*=UTF-8''%ff%fe%ed%a0%80",
    'attachment; filename="' + "x" * 8000 + '"',
    "filename",
    ";;;===;filename*=",
]


@pytest.mark.parametrize("disposition", HOSTILE_NAMES)
def test_a_hostile_file_name_does_no_harm(resident, disposition):
    person = resident()
    answer = person.hand_in(paper(), PDF, **{"content-disposition": disposition})
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    assert person.concluded(answer.json()["document"])["state"] == "available"


def test_an_unknown_address(running):
    assert_problem(httpx.get(f"{running.door_url}/v1/nothing"), "not-found")
    assert_problem(httpx.get(f"{running.release_url}/nothing"), "not-found")


def test_a_method_that_is_not_there_says_which_are(running):
    answer = httpx.put(f"{running.door_url}/v1/documents")
    assert_problem(answer, "method-not-allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 20_000, b'{"a": 1} {"b": 2}'])
def test_a_body_that_is_no_json(resident, body):
    answer = resident().http.post("/v1/children", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, "malformed")


@pytest.mark.parametrize(
    "claim",
    [
        {},
        [],
        None,
        {"family_name": "", "given_names": ["A"], "born_on": "2018-01-01"},
        {"family_name": "A", "given_names": [], "born_on": "2018-01-01"},
        {"family_name": "A", "given_names": ["B"], "born_on": "2018-02-30"},
        {"family_name": "A", "given_names": ["B"], "born_on": "2018-01-01", "role": "agent"},
        {"family_name": "A\u0000B", "given_names": ["B"], "born_on": "2018-01-01"},
        {"family_name": "A" * 101, "given_names": ["B"], "born_on": "2018-01-01"},
    ],
)
def test_a_claim_that_is_not_valid(resident, claim):
    told = assert_problem(resident().http.post("/v1/children", json=claim), "invalid")
    assert "AAAA" not in told["detail"]


def test_half_a_surrogate_in_a_name(resident):
    body = b'{"family_name": "A", "given_names": ["\\ud800"], "born_on": "2018-01-01"}'
    headers = {"content-type": "application/json"}
    assert_problem(resident().http.post("/v1/children", content=body, headers=headers), "invalid")


def test_no_body_where_one_is_due(resident):
    assert_problem(resident().http.post("/v1/children"), "invalid")


def test_a_json_body_over_its_cap(resident):
    claim = {"family_name": "A" * 70_000, "given_names": ["B"], "born_on": "2018-01-01"}
    assert_problem(resident().http.post("/v1/children", json=claim), "too-large")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/documents"),
        ("POST", "/v1/documents"),
        ("GET", "/v1/children"),
        ("POST", "/v1/requests"),
        ("GET", "/v1/school-files"),
        ("GET", "/v1/accesses"),
        ("GET", "/v1/session"),
        ("DELETE", "/v1/documents/00000000-0000-7000-8000-000000000000"),
    ],
)
@pytest.mark.parametrize("cookie", ["", "unefois_session=made-up"])
def test_nobody_signed_in(running, method, path, cookie):
    headers = {"cookie": cookie, "idempotency-key": "x" * 16, "content-type": PDF}
    content = paper() if path.endswith("documents") and method == "POST" else None
    assert_problem(httpx.request(method, running.door_url + path, headers=headers, content=content), "sign-in-required")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
    ],
)
def test_a_write_from_another_sites_page(resident, headers):
    person = resident()
    assert_problem(person.hand_in(paper(), PDF, **headers), "cross-site")
    claim = {"family_name": "A", "given_names": ["B"], "born_on": "2018-01-01"}
    assert_problem(person.http.post("/v1/children", json=claim, headers=headers), "cross-site")
    assert_problem(person.http.post("/sign-out", headers=headers), "cross-site")
    assert kept_of(person)["documents"] == 0


@pytest.mark.parametrize(
    "return_to",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example",
        "\n//elsewhere.example",
        "javascript:alert(1)",
        "/\x00",
        "/a\r\nSet-Cookie: a=b",
    ],
)
def test_signing_in_never_leads_elsewhere(running, resident, return_to):
    person = resident()
    hops = person.http.get(
        "/sign-in/franceconnect", params={"login_hint": person.persona, "return_to": return_to}, follow_redirects=True
    )
    assert hops.status_code == 200
    assert str(hops.url).startswith(f"{running.door_url}/")
    assert "a" not in hops.cookies


@pytest.mark.parametrize("correlation", ["short", "x" * 65, "a b c d e f g h", "<script>alert</script>"])
def test_an_odd_correlation_identifier_is_replaced(running, correlation):
    answer = httpx.get(f"{running.door_url}/v1/nothing", headers={"x-correlation-id": correlation})
    assert assert_problem(answer, "not-found")["correlation_id"] != correlation


def test_a_good_correlation_identifier_is_kept(running):
    answer = httpx.get(f"{running.door_url}/v1/nothing", headers={"x-correlation-id": "from-our-proxy-42"})
    assert assert_problem(answer, "not-found")["correlation_id"] == "from-our-proxy-42"
