"""Resumable uploads as a person makes them: by a real client, and by hand where the client is too well behaved."""

import base64
import io
import os
import secrets

from tusclient.client import TusClient

from tests.assets.pdfs import pages
from tests.journeys.doors import bucket, person_id, rows, value

TUS = {"tus-resumable": "1.0.0"}

PIECE = TUS | {"content-type": "application/offset+octet-stream"}

PATIENT = {"retries": 6, "retry_delay": 0.05}


def paper(size=200_000):
    """A PDF like no other, with a marker to hunt for."""
    marker = b"MARQUE-" + secrets.token_hex(16).encode()
    return pages(1) + b"% " + marker + b"\n% " + os.urandom(size // 2).hex().encode(), marker


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
