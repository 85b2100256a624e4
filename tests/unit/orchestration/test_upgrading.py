"""Which changes beneath a running system are refused: what breaks it always, what locks where the table is large."""

import pytest

from hub.schema.migrating import pending
from orchestration.upgrading import LARGE, judge

BREAKING = {
    "ALTER TABLE hub.partner RENAME COLUMN slug TO word;": "renaming-column",
    "ALTER TABLE hub.partner DROP COLUMN slug;": "ban-drop-column",
    "DROP TABLE hub.partner;": "ban-drop-table",
    "ALTER TABLE hub.partner ALTER COLUMN slug TYPE varchar(9);": "changing-column-type",
    "ALTER TABLE hub.partner ADD COLUMN more text NOT NULL;": "adding-required-field",
}
LOCKING = {
    "CREATE INDEX partner_more ON hub.partner (slug);": "require-concurrent-index-creation",
    "ALTER TABLE hub.partner ADD CONSTRAINT c CHECK (slug <> '');": "constraint-missing-not-valid",
    "ALTER TABLE hub.partner ADD CONSTRAINT f FOREIGN KEY (slug) REFERENCES hub.t (a);": "adding-foreign-key-constraint",
}
HARMLESS = (
    "ALTER TABLE hub.partner ADD COLUMN more text;",
    "ALTER TABLE hub.partner ADD CONSTRAINT c CHECK (slug <> '') NOT VALID;",
    "CREATE TABLE hub.fresh (a bigint PRIMARY KEY); CREATE INDEX i ON hub.fresh (a); GRANT SELECT ON hub.fresh TO door;",
)


def judged(tmp_path, statement: str, size: int):
    file = tmp_path / "change.sql"
    file.write_text(f"-- A change.\n\n{statement}\n")
    return {one.rule: one for one in judge([file], {"hub.partner": size}.__getitem__)}


@pytest.mark.parametrize(("statement", "rule"), BREAKING.items())
def test_what_breaks_the_running_version_is_refused_however_small(tmp_path, statement, rule):
    found = judged(tmp_path, statement, 0)[rule]
    assert (found.refused, found.table, found.line) == (True, "hub.partner", 3)


@pytest.mark.parametrize(("statement", "rule"), LOCKING.items())
def test_what_locks_is_refused_where_the_table_is_large(tmp_path, statement, rule):
    assert judged(tmp_path, statement, LARGE)[rule].refused
    assert not judged(tmp_path, statement, LARGE - 1)[rule].refused


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_only_adds_is_let_through(tmp_path, statement):
    assert judged(tmp_path, statement, LARGE) == {}


def test_a_database_that_is_up_to_date_lacks_nothing_and_an_empty_one_is_told_apart(running):
    assert pending(running.stores.dsn("unefois_owner", driver="psycopg")) == []
    assert pending(running.stores.dsn("unefois_dagster", "dagster", driver="psycopg")) is None
