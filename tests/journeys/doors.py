"""What several journeys need at the doors: problems judged, rows and objects looked at, sockets that misbehave."""

import base64
import hashlib
import json
import secrets
import socket
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from jsonschema import Draft202012Validator
from minio import Minio
from psycopg.rows import dict_row

from connectors.jose import generate_key, sign_compact, sign_self_signed
from connectors.sandbox.provisioning import partner_key
from contracts.problems import PROBLEMS
from hub.partners.credentials import ASSERTION_TYPE
from hub.partners.details import DETAIL_TYPE
from hub.partners.registry import read_partners
from hub.requirements.catalogue import load
from orchestration.stack.layout import CODE_ROOT
from tests.system import Resident, System, eventually, gone
from vault.bootstrap import utc_now

SCHEMAS = CODE_ROOT / "contracts" / "schemas"
TELLTALES = ("Traceback", 'File "', "sqlalchemy", "psycopg", "Error(", "SELECT ", "INSERT ")
"""What a stack trace or a library's own words would bring along."""


@cache
def schema(name: str) -> Draft202012Validator:
    """The validator of one committed schema."""
    found = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER)


def assert_problem(answer: httpx.Response, name: str) -> dict[str, Any]:
    """Check that an answer is the problem ``name`` of the closed list, in words, and gives nothing away."""
    kind = PROBLEMS[name]
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: dict[str, Any] = answer.json()
    assert (told["type"], answer.status_code) == (kind.uri, kind.status), answer.text
    schema("problem.json").validate(told)
    assert told["fr"] == kind.fr
    assert told["correlation_id"] == answer.headers["x-correlation-id"]
    assert not [word for word in TELLTALES if word in answer.text]
    return told


def rows(system: System, statement: str, **values: Any) -> list[dict[str, Any]]:
    """What the owner of the database sees, or does."""
    with psycopg.connect(system.owner_dsn(), autocommit=True, row_factory=dict_row) as owner:
        done = owner.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def value(system: System, statement: str, **values: Any) -> Any:
    """The one value of the one row."""
    (row,) = rows(system, statement, **values)
    (found,) = row.values()
    return found


AT_WORK = """SELECT id, task_name, status, attempts, scheduled_at FROM jobs.procrastinate_jobs
    WHERE status = 'doing' OR status = 'todo' AND coalesce(scheduled_at, now()) <= now() + interval '1 minute'"""
"""Jobs that are done now or within the minute; what is for another day waits for its day."""


def worked_off(system: System) -> None:
    """Wait until the worker has nothing left of what anybody caused."""
    gone(lambda: rows(system, AT_WORK))


def person_id(resident: Resident) -> UUID:
    """Who a made-up person is inside the hub."""
    statement = """SELECT person_id FROM hub.account JOIN hub.civil_status USING (person_id)
                   WHERE family_name = %(family)s AND given_names[1] = %(given)s AND retracted_at IS NULL"""
    found: UUID = value(resident.system, statement, family=resident.family_name.upper(), given=resident.given_name)
    return found


def bucket(system: System) -> Minio:
    """The object store as one who holds its keys sees it."""
    stores = system.stores
    return Minio(
        stores.objects_endpoint,
        access_key=stores.objects_access_key,
        secret_key=stores.objects_secret_key,
        secure=False,
        region="us-east-1",
    )


def objects(system: System) -> set[str]:
    """Names of all objects in the store."""
    return {str(found.object_name) for found in bucket(system).list_objects(system.stores.bucket, recursive=True)}


def orphans(system: System) -> set[str]:
    """Objects that no row of any table of custody knows of."""
    naming = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'vault'"
    tables = [row["table_name"] for row in rows(system, f"{naming} AND column_name = 'object_name'")]
    known = rows(system, " UNION ".join(f"SELECT object_name FROM vault.{table}" for table in tables))
    return objects(system) - {row["object_name"] for row in known}


def kept_of(resident: Resident) -> dict[str, int]:
    """How many documents, receipts and idempotency keys there are of somebody."""
    counted = """SELECT (SELECT count(*) FROM vault.document WHERE holder_id = %(who)s) AS documents,
                        (SELECT count(*) FROM hub.receipt WHERE person_id = %(who)s) AS receipts,
                        (SELECT count(*) FROM hub.idempotency WHERE caller = %(who)s::text) AS keys"""
    (found,) = rows(resident.system, counted, who=person_id(resident))
    return found


NOTHING = {"documents": 0, "receipts": 0, "keys": 0}


def assert_nothing_kept(resident: Resident, before: set[str]) -> None:
    """Check that a refused deposit left no row, no key, and no object beyond those ``before``."""
    eventually(lambda: kept_of(resident) == NOTHING)
    gone(lambda: orphans(resident.system) - before)


def raw_deposit(resident: Resident, body: bytes, *, length: int | str, key: str | None = None, **headers: str) -> bytes:
    """Head and beginning of a deposit as bytes on the wire."""
    told = {
        "Host": resident.system.door_url.removeprefix("http://"),
        "Cookie": f"unefois_session={resident.http.cookies['unefois_session']}",
        "Content-Type": "application/pdf",
        "Content-Length": str(length),
        "Idempotency-Key": key or secrets.token_hex(16),
        **headers,
    }
    head = "".join(f"{name}: {said}\r\n" for name, said in told.items())
    return f"POST /v1/documents HTTP/1.1\r\n{head}\r\n".encode() + body


def dial(system: System) -> socket.socket:
    """A connection to the residents' door."""
    host, _, port = system.door_url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def read_answer(line: socket.socket) -> httpx.Response:
    """The first answer on a connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    headers = [tuple(part.strip() for part in field.split(":", 1)) for field in fields]
    length = int(next(said for name, said in headers if name.lower() == "content-length"))
    while len(body) < length:
        body += _more(line)
    return httpx.Response(int(first.split(" ")[1]), headers=headers, content=body[:length])


def _more(line: socket.socket) -> bytes:
    chunk = line.recv(65536)
    assert chunk, "the door closed the connection without an answer"
    return chunk


class Proving(httpx.Auth):
    """A proof with every request (RFC 9449), made again with the server's nonce where it asks for one."""

    def __init__(self, key: dict[str, Any], token: str | None, **changed: Any) -> None:
        """Prove with ``key``; claims in ``changed`` differ from what is right, and those that are None are left out."""
        self.key, self.access_token, self.changed, self.nonce = key, token, changed, None

    def claims(self, request: httpx.Request) -> dict[str, Any]:
        told = {"jti": secrets.token_hex(16), "htm": request.method, "htu": str(request.url), "nonce": self.nonce}
        told["iat"] = int(utc_now().timestamp())
        if self.access_token is not None:
            digest = hashlib.sha256(self.access_token.encode()).digest()
            told["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return {name: value for name, value in (told | self.changed).items() if value is not None}

    def proof(self, request: httpx.Request) -> str:
        return sign_self_signed(self.claims(request), self.key, typ="dpop+jwt")

    def dress(self, request: httpx.Request) -> None:
        request.headers["dpop"] = self.proof(request)
        if self.access_token is not None:
            request.headers["authorization"] = f"DPoP {self.access_token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self.dress(request)
        answer = yield request
        if "dpop-nonce" in answer.headers and answer.status_code in (400, 401):
            self.nonce = answer.headers["dpop-nonce"]
            self.dress(request)
            yield request


class Partner:
    """A partner's own software at the release door, which can be made to misbehave."""

    def __init__(self, system: System, slug: str) -> None:
        self.system, self.slug = system, slug
        self.key = partner_key(Path(system.places.sandbox), slug)
        self.proof_key = generate_key("proof")
        self.http = httpx.Client(base_url=system.release_url, timeout=30)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of an assertion that is right but for what is ``changed``."""
        at = int(utc_now().timestamp())
        right = {"iss": self.slug, "sub": self.slug, "aud": self.system.release_url, "iat": at, "exp": at + 60}
        return right | {"jti": secrets.token_hex(16)} | changed

    def assertion(self, *, key: Any = None, **changed: Any) -> str:
        return sign_compact(self.claims(**changed), key or self.key)

    def proving(self, token: str | None = None) -> "Proving":
        """What proves, request by request, that the token's key is held here."""
        return Proving(self.proof_key, token)

    def details(self) -> list[dict[str, Any]]:
        """All that this partner's agreements cover, service by service."""
        (own,) = (file for file in read_partners(CODE_ROOT / "contracts" / "partners") if file.slug == self.slug)
        covered = {(one, purpose) for each in own.agreements for one in each.services for purpose in each.purposes}
        pairs = [(one, load().services[one].purpose) for one in sorted({service for service, _ in covered})]
        return [{"type": DETAIL_TYPE, "service": one, "purpose": of} for one, of in pairs if (one, of) in covered]

    def ask_token(self, assertion: str, *, auth: httpx.Auth | None = None, **changed: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.slug,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "authorization_details": json.dumps(self.details()),
        }
        return self.http.post("/oauth/token", data=form | changed, auth=auth or self.proving())

    def token(self, **changed: str) -> str:
        answer = self.ask_token(self.assertion(), **changed)
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["access_token"]
        return found

    def ask(
        self, subject: Any, service: str, requirement: str, *, token: str | None = None, **changed: str
    ) -> httpx.Response:
        question = {
            "subject": str(subject),
            "service": service,
            "requirement": requirement,
            "purpose": service,
            "on_behalf_of": f"treatment:{service}",
        }
        proving = self.proving(token or self.token())
        return self.http.post("/hub/v1/evidence-requests", json=question | changed, auth=proving)

    def fetch(self, href: str, *, token: str | None = None) -> httpx.Response:
        return self.http.get(href, auth=self.proving(token or self.token()))


def subject_of(resident: Resident, siret: str, service: str) -> UUID:
    """What a body calls this person's line, once it has been told."""
    statement = """SELECT p.value FROM hub.pseudonym p JOIN hub.enrolment_line l ON l.line_id = p.subject_id
                   WHERE p.siret = %(siret)s AND p.kind = 'file' AND l.payer_id = %(payer)s
                   AND l.service = %(service)s"""
    wanted = {"siret": siret, "service": service, "payer": person_id(resident)}
    found = eventually(lambda: rows(resident.system, statement, **wanted))
    pseudonym: UUID = found[0]["value"]
    return pseudonym


def coined(parent: Resident, siret: str, service: str) -> UUID:
    """A body without a webhook is told a subject by other ways; here its pseudonym is coined by the owner."""
    statement = """INSERT INTO hub.pseudonym SELECT body, 'file', line_id, gen_random_uuid() FROM hub.enrolment_line
                   WHERE payer_id = %(payer)s AND body = %(siret)s ON CONFLICT DO NOTHING"""
    rows(parent.system, statement, payer=person_id(parent), siret=siret)
    return subject_of(parent, siret, service)


def family(system: System, **facts: Any) -> tuple[Resident, str]:
    """A parent signed in, with one child whose link is proved."""
    parent = Resident(system, **facts)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    return parent, parent.linked_child(child)
