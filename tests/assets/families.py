"""Made-up families put straight into the database: a payer, a child, a line per service, papers with sealed values.

Bulk, by COPY: for the judging of many, where each row's own way in (the door, reading) is not what is looked at.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from contracts.documents import EvidenceType, Grade
from contracts.identifiers import new_uuid
from hub.requirements.families.income import expected_income_year
from hub.requirements.names import match_key
from tests.system import BOURSES, CAISSE, FAMILLES, MAIRIE
from vault.crypto.holders import HolderKey, ValueContext, seal_value
from vault.documents.custody import Custody
from vault.documents.deposit import FIELDS

SERVICES = (
    ("school_enrolment", MAIRIE),
    ("canteen_enrolment", CAISSE),
    ("canteen_tariff", CAISSE),
    ("after_school", FAMILLES),
    ("bursary", BOURSES),
)
GIVEN = ("Inès", "Maëlle", "Jean-Baptiste", "Noé", "Yewande", "Chloé", "Ilyès", "Anne")
FAMILY = ("BELKACEM", "LE GOFF", "D'ARTAGNAN", "OUVRARD", "BEN SALAH", "MARTIN", "ADEBISI-ROY", "LESCURE")


@dataclass(frozen=True)
class Paper:
    """One piece of evidence of a family; ``for_body`` makes it a pulled datum."""

    kind: EvidenceType
    fields: dict[str, str]
    grade: Grade = Grade.SEALED
    issued_on: date | None = None
    for_body: tuple[str, str] | None = None
    as_of: datetime | None = None
    pages: int = 1


@dataclass
class Made:
    """One family as it lies in the database."""

    adult: UUID = field(default_factory=new_uuid)
    child: UUID = field(default_factory=new_uuid)
    file: UUID = field(default_factory=new_uuid)
    name: str = "BELKACEM"
    given: str = "Nora"
    first: str = "Inès"
    born_on: str = "2018-06-05"
    lines: dict[str, UUID] = field(default_factory=dict)
    papers: list[tuple[UUID, UUID, Paper]] = field(default_factory=list)
    beside: bool = False
    """Whether the child and its file are there already, by another adult who pays a line of it."""

    @property
    def of_child(self) -> dict[str, str]:
        return {
            "child_family_name": self.name,
            "child_first_names": self.first,
            "child_born_on": self.born_on,
            "parent_1_family_name": self.name,
            "parent_1_first_names": self.given,
        }

    def usual(self, today: date) -> Iterator[Paper]:
        """The four papers of a family in good order."""
        holder = {"holder_name": f"{self.given} {self.name}", "street": "8 rue des Peupliers", "postcode": "75013"}
        year = expected_income_year(today)
        notice = {"declarant_1": f"{self.name} {self.given}", "income_year": str(year), "parts": "1.5"}
        household = f"{self.name}/{self.first}/{self.born_on}"
        yield Paper(EvidenceType.BIRTH_CERTIFICATE, self.of_child, issued_on=today - timedelta(days=400))
        yield Paper(EvidenceType.PROOF_OF_ADDRESS, holder, issued_on=today - timedelta(days=50))
        yield Paper(EvidenceType.TAX_NOTICE, notice | {"reference_income": "26712"}, issued_on=date(year + 1, 8, 1))
        yield Paper(
            EvidenceType.QUOTIENT_FAMILIAL,
            {"quotient_familial": "742", "children": household},
            Grade.SOURCE_PULLED,
            today.replace(day=1),
            for_body=(CAISSE, "canteen_tariff"),
            as_of=datetime.now(UTC),
        )


def many(count: int, today: date) -> Iterator[tuple[Made, Sequence[Paper]]]:
    """``count`` families in good order, with a line for each service."""
    for number in range(count):
        made = Made(
            name=f"{FAMILY[number % len(FAMILY)]} {_letters(number)}",
            first=GIVEN[number % len(GIVEN)],
            born_on=f"20{14 + number % 6}-0{1 + number % 9}-1{number % 10}",
        )
        yield made, list(made.usual(today))


def seed(
    url: str,
    custody: Custody,
    families: Iterable[tuple[Made, Sequence[Paper]]],
    *,
    received_at: datetime,
    until: date,
    services: Sequence[tuple[str, str]] = SERVICES,
) -> list[Made]:
    """Write families; ``url`` is the owner's."""
    done = list(families)
    first = date(until.year - 1, 9, 1)
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        _persons(owner, [made for made, _ in done], received_at)
        for made, _ in done:
            made.lines = {service: new_uuid() for service, _ in services}
        year = f"{first.year}-{until.year}"
        _copy(
            owner,
            "hub.school_file (file_id, child_id, school_year, created_at)",
            ((m.file, m.child, year, received_at) for m, _ in done if not m.beside),
        )
        _lines(owner, [made for made, _ in done], dict(services), first=first, until=until, at=received_at)
        _papers(owner, custody, done, received_at)
        owner.execute("ANALYZE")
    return [made for made, _ in done]


def _persons(owner: psycopg.Connection, families: Sequence[Made], at: datetime) -> None:
    persons = [(one, at) for made in families for one in (made.adult, made.child)[: 1 if made.beside else 2]]
    _copy(owner, "hub.person (person_id, created_at)", persons)
    columns = "civil_status_id, person_id, family_name, given_names, born_on, match_key, source, grade, recorded_at"
    rows = []
    for made in families:
        both = ((made.adult, made.given, "1988-04-02"), (made.child, made.first, made.born_on))
        for who, given, born in both[: 1 if made.beside else 2]:
            key = match_key(made.name, (given,), born)
            rows.append((new_uuid(), who, made.name, [given], born, key, "made up", "sealed", at))
    _copy(owner, f"hub.civil_status ({columns})", rows)


def _lines(
    owner: psycopg.Connection,
    families: Sequence[Made],
    bodies: dict[str, str],
    *,
    first: date,
    until: date,
    at: datetime,
) -> None:
    columns = "line_id, file_id, service, body, payer_id, valid_from, valid_until, recorded_at"
    lines = [
        (line, made.file, service, bodies[service], made.adult, first, until, at)
        for made in families
        for service, line in made.lines.items()
    ]
    _copy(owner, f"hub.enrolment_line ({columns})", lines)
    columns = "request_id, line_id, requester_id, accuracy_sworn_at, received_at, due_on, acknowledgement"
    requests = [(new_uuid(), line[0], line[4], at, at, until, "{}") for line in lines]
    _copy(owner, f"hub.request ({columns})", requests)


def _papers(
    owner: psycopg.Connection, custody: Custody, done: Sequence[tuple[Made, Sequence[Paper]]], at: datetime
) -> None:
    documents, readings, evidence = [], [], []
    done = [(made, papers) for made, papers in done if papers]
    for start in range(0, len(done), 500):
        with custody.db.transaction() as tx:
            keys = {made.adult: custody.keys.current(tx, made.adult) for made, _ in done[start : start + 500]}
        for made, papers in done[start : start + 500]:
            for paper in papers:
                document, proof = new_uuid(), new_uuid()
                made.papers.append((document, proof, paper))
                documents.append(_document(document, keys[made.adult], at))
                sealed = _sealed(keys[made.adult], document, paper.fields)
                readings.append((document, paper.kind, paper.grade, paper.issued_on, paper.pages, sealed, at))
                evidence.append(_evidence(proof, document, made.adult, paper, at))
    owner.execute("ALTER TABLE vault.document DISABLE TRIGGER USER")
    _copy(owner, f"vault.document ({_DOCUMENT})", documents)
    owner.execute("ALTER TABLE vault.document ENABLE TRIGGER USER")
    columns = "document_id, evidence_type, grade, issued_on, pages, sealed_fields, concluded_at"
    _copy(owner, f"vault.reading ({columns})", readings)
    columns = "evidence_id, kind, document_id, holder_id, evidence_type, grade, issued_on, as_of, usable_by, usable_for, recorded_at"
    _copy(owner, f"hub.evidence ({columns})", evidence)


_DOCUMENT = (
    "document_id, holder_id, holder_generation, origin, object_name, wrapped_key, commitment, keyed_digest, media_type,"
    " plaintext_length, announced_type, state, state_since, received_at"
)


def _document(document: UUID, key: HolderKey, at: datetime) -> tuple[object, ...]:
    random = secrets.token_bytes(32)
    name = document.hex
    return (
        document, key.holder_id, key.generation, "deposit", name, random, random, random, "application/pdf", 100,
        "unknown", "available", at, at,
    )  # fmt: skip


def _sealed(key: HolderKey, document: UUID, fields: dict[str, str]) -> bytes:
    return seal_value(key, json.dumps(fields).encode(), ValueContext(key.holder_id, document, FIELDS))


def _evidence(proof: UUID, document: UUID, holder: UUID, paper: Paper, at: datetime) -> tuple[object, ...]:
    body, purpose = paper.for_body or (None, None)
    kind = "document" if body is None else "pulled"
    as_of = None if body is None else paper.as_of or at
    return (proof, kind, document, holder, paper.kind, paper.grade, paper.issued_on, as_of, body, purpose, at)


def _copy(owner: psycopg.Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    with owner.cursor().copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row([str(one) if isinstance(one, EvidenceType | Grade) else one for one in row])


def _letters(number: int) -> str:
    return "".join(chr(65 + int(digit)) for digit in f"{number:05d}")
