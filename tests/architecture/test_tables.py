"""The tables in code are those of the migrated database, and so are its states and words."""

from enum import StrEnum

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql

import hub.schema
import vault.db
from contracts.authorisations import AUTHORISATION_TRANSITIONS, AuthorisationState
from contracts.documents import TRANSITIONS, DocumentState, Grade, Outcome
from tests.architecture.source import import_all
from tests.journeys.doors import rows

WITHOUT_A_TABLE_IN_CODE = {
    "vault.document_transition": "read by the database's own trigger",
    "hub.authorisation_transition": "the same",
}
ENUMS: dict[str, type[StrEnum]] = {"document_state": DocumentState, "outcome": Outcome, "grade": Grade}


def said() -> dict:
    import_all("vault", "hub")
    tables = {}
    for metadata in (vault.db.METADATA, hub.schema.METADATA):
        tables |= {table.fullname: table for table in metadata.tables.values()}
    return tables


@pytest.fixture(scope="module")
def database(running):
    engine = create_engine(running.stores.dsn("unefois_owner", driver="psycopg"))
    yield inspect(engine)
    engine.dispose()


def test_no_table_is_only_in_code_or_only_in_the_database(database):
    there = {f"{schema}.{name}" for schema in ("vault", "hub") for name in database.get_table_names(schema)}
    there -= {name for name in there if name.endswith("alembic_version")}
    assert there - said().keys() == WITHOUT_A_TABLE_IN_CODE.keys()
    assert said().keys() - there == set()


def type_name(kind) -> str:
    found = kind.compile(dialect=postgresql.dialect()).upper()
    return {"VARCHAR": "TEXT"}.get(found, found).replace("VARCHAR[]", "TEXT[]")


@pytest.mark.parametrize("name", sorted(said()))
def test_columns_types_and_nullability_are_the_same(database, name):
    table = said()[name]
    there = {c["name"]: (type_name(c["type"]), c["nullable"]) for c in database.get_columns(table.name, table.schema)}
    here = {column.name: (type_name(column.type), bool(column.nullable)) for column in table.columns}
    assert here == there


@pytest.mark.parametrize("name", sorted(said()))
def test_the_primary_key_is_the_same(database, name):
    table = said()[name]
    there = database.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    assert sorted(column.name for column in table.primary_key) == sorted(there)


def test_the_life_of_a_document_is_the_databases(running):
    there = rows(running, "SELECT state_from, state_to FROM vault.document_transition")
    here = {(start, end) for start, ends in TRANSITIONS.items() for end in ends}
    assert {(row["state_from"], row["state_to"]) for row in there} == here
    assert TRANSITIONS.keys() == set(DocumentState)


def test_the_life_of_an_authorisation_is_the_databases(running):
    there = rows(running, "SELECT state_from, state_to FROM hub.authorisation_transition")
    here = {(start, end) for start, ends in AUTHORISATION_TRANSITIONS.items() for end in ends}
    assert {(row["state_from"], row["state_to"]) for row in there} == here
    assert AUTHORISATION_TRANSITIONS.keys() == set(AuthorisationState)


@pytest.mark.parametrize("name", ENUMS)
def test_the_words_are_the_databases(running, name):
    statement = """SELECT enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
                   WHERE typname = %(name)s ORDER BY enumsortorder"""
    assert [row["enumlabel"] for row in rows(running, statement, name=name)] == [member.value for member in ENUMS[name]]


def test_a_step_the_table_does_not_have_is_refused(running):
    done = """INSERT INTO vault.document_transition SELECT 'erased', 'available' WHERE false"""
    assert rows(running, done) == []
