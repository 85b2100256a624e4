"""A paper sent over connections that break: tus 1.0 by a real client, and by hand where the client is too well behaved."""

import base64
import hashlib
import io
import os
import random
import secrets
import signal
import threading
import time

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.assets.hostile import image
from tests.assets.pdfs import pages
from tests.faults.storms import part_pid
from tests.journeys.cutting import breaking_line
from tests.journeys.doors import assert_problem, bucket, objects, orphans, person_id, rows, value
from tests.system import eventually

TUS = {"tus-resumable": "1.0.0"}
PIECE = TUS | {"content-type": "application/offset+octet-stream"}
PATIENT = {"retries": 6, "retry_delay": 0.05}


def paper(size=200_000):
    """A PDF like no other, with a marker to hunt for."""
    marker = b"MARQUE-" + secrets.token_hex(16).encode()
    return pages(1) + b"% " + marker + b"\n% " + os.urandom(size // 2).hex().encode(), marker


def host(system):
    name, _, port = system.door_url.removeprefix("http://").partition(":")
    return name, int(port)


def uploader(person, url, content, **more):
    client = TusClient(url, headers={"Cookie": f"unefois_session={person.http.cookies['unefois_session']}"})
    told = {"filename": "justificatif.pdf", "filetype": "application/pdf", "kind": "proof_of_address"}
    return client.uploader(file_stream=io.BytesIO(content), metadata=told, **PATIENT, **more)


def metadata(**told):
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in told.items())


def begin(person, length, *, content=None, filetype="application/pdf", **headers):
    told = {"upload-length": str(length), "upload-metadata": metadata(filename="papier.pdf", filetype=filetype)}
    return person.http.post(
        "/v1/uploads", headers=(TUS if content is None else PIECE) | told | headers, content=content
    )


def begun(person, length):
    answer = begin(person, length)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(person, address, offset, content, **headers):
    return person.http.patch(address, content=content, headers=PIECE | {"upload-offset": str(offset)} | headers)


def stands(person, address):
    answer = person.http.head(address, headers=TUS)
    assert answer.status_code == 200, answer.headers
    return int(answer.headers["upload-offset"])


def kept(person):
    return rows(person.system, "SELECT * FROM vault.document WHERE holder_id = %(who)s", who=person_id(person))


def assert_deposited(person, content):
    """Check that exactly this paper is held, with a receipt and one journal entry, and nothing of the upload left."""
    (row,) = kept(person)
    assert row["plaintext_length"] == len(content)
    receipt = person.http.get(f"/v1/documents/{row['document_id']}/receipt").json()
    assert receipt["length"] == len(content)
    assert (
        value(
            person.system,
            "SELECT count(*) FROM vault.upload_part JOIN vault.upload USING (upload_id) WHERE holder_id = %(who)s",
            who=person_id(person),
        )
        == 0
    )
    return row


def test_a_client_sends_a_paper_whole(resident):
    person = resident()
    content, _ = paper(3_000_000)
    sending = uploader(person, f"{person.system.door_url}/v1/uploads", content, chunk_size=700_000)
    sending.upload()
    row = assert_deposited(person, content)
    assert row["announced_type"] == "proof_of_address"
    assert person.http.head(sending.url, headers=TUS).headers["content-location"].endswith(str(row["document_id"]))


@pytest.mark.parametrize("seed", range(6))
def test_a_connection_cut_at_random_offsets(resident, seed):
    chance = random.Random(seed)
    person = resident()
    content, _ = paper(chance.choice((300_000, 2_500_000, 4_000_000)))
    with breaking_line(host(person.system)) as line:
        sending = uploader(person, line.url("/v1/uploads"), content)
        sending.set_url(sending.create_url())
        line.cuts = [chance.randrange(300, len(content)) for _ in range(4)]
        line.deaf = [chance.random() < 0.2 for _ in range(4)]
        while sending.offset < len(content):
            try:
                sending.upload()
            except TusCommunicationError:
                sending.offset = sending.get_offset()
        assert line.cut > 0
    assert_deposited(person, content)
    assert not {row["object_name"] for row in kept(person)} - objects(person.system)


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


def test_bytes_before_the_break_are_kept(resident):
    person = resident()
    content, marker = paper(3_000_000)
    with breaking_line(host(person.system)) as line:
        sending = uploader(person, line.url("/v1/uploads"), content, chunk_size=len(content))
        sending.retries = 0
        sending.set_url(sending.create_url())
        line.cuts, line.gentle = [2_000_000], True
        with pytest.raises(TusCommunicationError):
            sending.upload()
        received = "SELECT received > 1900000 FROM vault.upload WHERE holder_id = %(who)s"
        eventually(lambda: value(person.system, received, who=person_id(person)))
        assert 1_900_000 < sending.get_offset() < 2_000_000
    assert kept(person) == []
    assert_sealed(person, marker)


def assert_sealed(person, marker):
    """Check that no part in the store and no row holds the marker, nor the file's name."""
    store, stores = bucket(person.system), person.system.stores
    parts = rows(
        person.system,
        "SELECT * FROM vault.upload_part JOIN vault.upload USING (upload_id) WHERE holder_id = %(who)s",
        who=person_id(person),
    )
    assert parts
    for part in parts:
        assert marker not in store.get_object(stores.bucket, part["object_name"]).read()
        assert b"justificatif" not in bytes(part["sealed_announcement"])


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


def test_two_who_write_at_once(resident):
    person = resident()
    content, _ = paper(3_000_000)
    address = begun(person, len(content))
    first = Slow(person, address, content)
    eventually(
        lambda: value(
            person.system, "SELECT received > 0 FROM vault.upload WHERE holder_id = %(who)s", who=person_id(person)
        )
    )
    stood = stands(person, address)
    assert send(person, address, stood, content[stood:]).status_code == 204
    first.join(timeout=20)
    assert first.status in (409, 423)
    assert_deposited(person, content)


class Slow(threading.Thread):
    """Somebody whose bytes come slowly."""

    def __init__(self, person, address, content):
        super().__init__(daemon=True)
        cookie = {"cookie": f"unefois_session={person.http.cookies['unefois_session']}"}
        self.told = PIECE | cookie | {"upload-offset": "0", "content-length": str(len(content))}
        self.url, self.content, self.status = person.system.door_url + address, content, None
        self.start()

    def run(self):
        def body():
            half = len(self.content) // 2
            yield self.content[:half]
            time.sleep(1.5)
            yield self.content[half:]

        try:
            self.status = httpx.patch(self.url, content=body(), headers=self.told, timeout=20).status_code
        except httpx.TransportError:
            self.status = 423


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
    eventually(lambda: orphans(person.system) <= before)


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


@pytest.mark.parametrize("seed", range(2))
def test_the_door_dies_between_parts(resident, seed):
    person = resident()
    content, _ = paper(4_000_000)
    address = begun(person, len(content))
    assert send(person, address, 0, content[: 1_200_000 + seed]).status_code == 204
    sending = Slow(person, address, content)
    os.kill(part_pid(person.system, "door"), signal.SIGKILL)
    sending.join(timeout=20)
    eventually(lambda: up(person))
    while (stood := stands(person, address)) < len(content):
        assert stood >= 1_200_000
        assert send(person, address, stood, content[stood : stood + 1_500_000]).status_code == 204
    assert_deposited(person, content)


def up(person):
    try:
        return person.http.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def test_the_store_dies_between_parts(resident):
    person = resident()
    content, _ = paper(4_000_000)
    address = begun(person, len(content))
    assert send(person, address, 0, content[:1_500_000]).status_code == 204
    os.kill(part_pid(person.system, "objects"), signal.SIGKILL)
    assert_problem(send(person, address, 1_500_000, content[1_500_000:]), "store-unavailable")
    assert stands(person, address) >= 1_500_000

    def goes_on():
        stood = stands(person, address)
        return stood == len(content) or send(person, address, stood, content[stood:]).status_code == 204

    eventually(goes_on)
    assert_deposited(person, content)
