"""A paper sent in pieces as tus 1.0 says: what the door keeps, refuses, forgets and says of itself."""

import base64
import hashlib

import httpx
import pytest

from tests.assets.hostile import image
from tests.journeys.doors import assert_problem, objects, orphans, person_id, rows, value
from tests.journeys.uploading import (
    PIECE,
    TUS,
    assert_deposited,
    begin,
    begun,
    kept,
    metadata,
    paper,
    send,
    stands,
    uploader,
)
from tests.system import eventually, gone


def test_a_client_sends_a_paper_whole(resident):
    person = resident()
    content, _ = paper(3_000_000)
    sending = uploader(person, f"{person.system.door_url}/v1/uploads", content, chunk_size=700_000)
    sending.upload()
    row = assert_deposited(person, content)
    assert row["announced_type"] == "proof_of_address"
    assert person.http.head(sending.url, headers=TUS).headers["content-location"].endswith(str(row["document_id"]))


def test_the_same_bytes_come_out(resident):
    """The worker opens what was assembled: a bill sent in pieces is read like one sent whole."""
    person = resident()
    bill = person.system.papers().bill(person)
    address = begun(person, len(bill))
    for start in range(0, len(bill), 5_000):
        assert send(person, address, start, bill[start : start + 5_000]).status_code == 204
    (row,) = kept(person)
    assert person.concluded(str(row["document_id"]))["state"] == "available"
    assert person.hand_in(bill, "application/pdf").status_code == 200


def test_a_wrong_checksum_moves_nothing(resident):
    person = resident()
    content, _ = paper()
    address = begun(person, len(content))
    wrong = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    assert_problem(send(person, address, 0, content, **{"upload-checksum": f"sha1 {wrong}"}), "checksum-mismatch")
    assert stands(person, address) == 0
    for name in ("sha1", "sha256"):
        half = content[: len(content) // 2] if name == "sha1" else content[len(content) // 2 :]
        right = base64.b64encode(hashlib.new(name, half).digest()).decode()
        answer = send(person, address, stands(person, address), half, **{"upload-checksum": f"{name} {right}"})
        assert answer.status_code == 204
    assert_deposited(person, content)


@pytest.mark.parametrize("said", ["md5 XrY7u+Ae7tCTyyK7j1rNww==", "sha1 ???", "sha1"])
def test_a_checksum_nobody_can_check(resident, said):
    person = resident()
    address = begun(person, 100)
    answer = send(person, address, 0, b"%PDF-", **{"upload-checksum": said})
    assert answer.status_code in (400, 460)
    assert stands(person, address) == 0


def test_an_offset_that_is_not_where_it_stands(resident):
    person = resident()
    content, _ = paper()
    address = begun(person, len(content))
    assert send(person, address, 0, content[:1000]).status_code == 204
    for offset in (0, 999, 1001, len(content)):
        assert_problem(send(person, address, offset, b"x"), "upload-offset")
    assert stands(person, address) == 1000


def test_more_than_was_announced(resident):
    person = resident()
    address = begun(person, 1000)
    assert_problem(send(person, address, 0, b"%PDF-" + b"x" * 1000), "length-mismatch")
    assert stands(person, address) == 0


def test_finishing_twice_is_harmless(resident):
    person = resident()
    content, _ = paper()
    address = begun(person, len(content))
    assert send(person, address, 0, content).status_code == 204
    assert send(person, address, len(content), b"").status_code == 204
    assert_problem(send(person, address, 0, content), "upload-offset")
    assert stands(person, address) == len(content)
    assert_deposited(person, content)


def test_the_same_paper_again_is_reuse(resident):
    person = resident()
    # A paper that can be read: one that ends unusable is not held, and may come again.
    content = person.system.papers().bill(person)
    first = person.hand_in(content, "application/pdf").json()["document"]
    before = orphans(person.system)
    address = begun(person, len(content))
    answer = send(person, address, 0, content)
    assert answer.headers["content-location"] == f"/v1/documents/{first}"
    assert len(kept(person)) == 1
    gone(lambda: orphans(person.system) - before)


def test_begun_with_its_bytes(resident):
    person = resident()
    content, _ = paper()
    answer = begin(person, len(content), content=content)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(content)))
    assert_deposited(person, content)
    assert_problem(begin(person, 300, content=b"x" * 300), "unsupported-type")


def test_what_is_no_paper_is_forgotten(resident):
    person = resident()
    address = begun(person, 3_000_000)
    assert_problem(send(person, address, 0, image("PNG") + b"\0" * 2_000_000), "type-mismatch")
    assert person.http.head(address, headers=TUS).status_code == 404


def test_an_upload_that_expired(resident):
    person = resident()
    content, _ = paper()
    address = begun(person, len(content))
    answer = send(person, address, 0, content[:1000])
    assert answer.headers["upload-expires"].endswith("GMT")
    names = {
        row["object_name"]
        for row in rows(
            person.system,
            "SELECT object_name FROM vault.upload_part JOIN vault.upload USING (upload_id) WHERE holder_id = %(who)s",
            who=person_id(person),
        )
    }
    rows(
        person.system,
        "UPDATE vault.upload SET expires_at = now() - interval '1 second' WHERE holder_id = %(who)s",
        who=person_id(person),
    )
    assert person.http.head(address, headers=TUS).status_code in (404, 410)
    eventually(lambda: not names & objects(person.system))
    assert person.http.head(address, headers=TUS).status_code == 404


def test_giving_up_deletes(resident):
    person = resident()
    address = begun(person, 3_000_000)
    assert send(person, address, 0, b"%PDF-1.7\n" + b"x" * 1_500_000).status_code == 204
    before = objects(person.system)
    assert person.http.delete(address, headers=TUS).status_code == 204
    assert person.http.head(address, headers=TUS).status_code == 404
    assert len(before - objects(person.system)) >= 2


def test_somebody_elses_upload_is_not_there(resident):
    person, other = resident(), resident()
    address = begun(person, 1000)
    assert other.http.head(address, headers=TUS).status_code == 404
    assert_problem(send(other, address, 0, b"%PDF-"), "not-found")
    assert other.http.delete(address, headers=TUS).status_code == 404
    assert stands(person, address) == 0
    assert httpx.head(person.system.door_url + address, headers=TUS).status_code == 401


def test_what_the_door_says_of_itself(running):
    answer = httpx.options(f"{running.door_url}/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert {"creation", "checksum", "expiration", "termination"} <= set(answer.headers["tus-extension"].split(","))
    assert "sha1" in answer.headers["tus-checksum-algorithm"].split(",")
    assert answer.headers["tus-max-size"] == str(64 * 1024 * 1024)


def test_another_version_is_refused(resident):
    answer = resident().http.post("/v1/uploads", headers={"tus-resumable": "0.2.2", "upload-length": "5"})
    assert_problem(answer, "upload-protocol")
    assert answer.headers["tus-version"] == "1.0.0"


BAD = [
    ({"upload-length": ""}, 400),
    ({"upload-length": "-1"}, 400),
    ({"upload-length": "0"}, 400),
    ({"upload-length": str(64 * 1024 * 1024 + 1)}, 413),
    ({"upload-defer-length": "1"}, 400),
    ({"upload-concat": "partial"}, 400),
    ({"upload-metadata": "filetype ???"}, 400),
    ({"upload-metadata": "filetype YQ==,filetype YQ=="}, 400),
    ({"upload-metadata": "filename YQ=="}, 415),
    ({"upload-metadata": metadata(filetype="text/html")}, 415),
    ({"upload-metadata": metadata(filetype="application/pdf", kind="recipe")}, 422),
]


@pytest.mark.parametrize(("headers", "status"), BAD)
def test_a_beginning_that_is_none(resident, headers, status):
    person = resident()
    answer = begin(person, 100, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert value(person.system, "SELECT count(*) FROM vault.upload WHERE holder_id = %(w)s", w=person_id(person)) == 0


def test_too_many_beginnings(resident):
    person = resident()
    for _ in range(20):
        begun(person, 100)
    assert_problem(begin(person, 100), "too-many-uploads")


def test_methods_said_by_a_header(resident):
    person = resident()
    content, _ = paper()
    address = begun(person, len(content))
    override = {"x-http-method-override": "PATCH", "upload-offset": "0"}
    assert person.http.post(address, content=content, headers=PIECE | override).status_code == 204
    assert_deposited(person, content)


def test_a_piece_that_is_no_piece(resident):
    person = resident()
    address = begun(person, 100)
    assert_problem(send(person, address, 0, b"%PDF-", **{"content-type": "application/pdf"}), "body-type")
    told = {name: said for name, said in PIECE.items() if name != "upload-offset"}
    assert_problem(person.http.patch(address, content=b"x", headers=told), "malformed")
