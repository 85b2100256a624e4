"""The audit opens everything, names what does not hold, and goes on where it was interrupted."""

import io

import pytest
from typer.testing import CliRunner

from hub.deposits.retention import OPERATOR
from orchestration.cli import app
from orchestration.custody import worker_custody
from orchestration.stack import stack
from tests.journeys.doors import bucket, rows, value
from tests.system import Resident, System, start_system
from vault.documents.audit import audit_all, audit_sample

PDF = "application/pdf"
NAME = "SELECT object_name FROM vault.document WHERE document_id = %(id)s"


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A system of its own, because its store will lie; three papers in it, oldest first."""
    system = start_system(tmp_path_factory.mktemp("audit") / "state")
    person = Resident(system).sign_in()
    days = (20, 40, 60)
    papers = [person.hand_in_and_wait(system.papers().bill(person, days_old=one), PDF)["document"] for one in days]
    with worker_custody(system.running.layout) as custody:
        yield system, custody, papers
    stack.down(system.running.layout)


def command(system: System, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["vault", "audit", *words, "--state", str(system.running.layout.state)])
    return done.exit_code, done.output


def put(system: System, name: str, content: bytes) -> None:
    bucket(system).put_object(system.stores.bucket, name, io.BytesIO(content), len(content))


def content(system: System, name: str) -> bytes:
    return bucket(system).get_object(system.stores.bucket, name).read()


def test_all_is_well_and_says_how_much_was_opened(vault):
    system, *_ = vault
    code, words = command(system, "--all")
    assert (code, words.startswith("the vault holds: 3 documents, 6 objects")) == (0, True)
    assert command(system, "--sample", "2")[1].startswith("the vault holds: 2 documents, 4 objects")


def test_it_goes_on_where_it_stopped(vault):
    system, custody, papers = vault
    first = audit_all(custody, actor=OPERATOR, batch=1, stop_after=2)
    assert (first.documents, first.resumed_after) == (2, None)
    told: list[tuple[int, int]] = []
    again = audit_all(custody, actor=OPERATOR, tell=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    assert (again.run_id, again.documents, str(again.resumed_after)) == (first.run_id, 3, sorted(papers)[1])
    assert audit_all(custody, actor=OPERATOR).run_id != first.run_id
    assert value(system, "SELECT count(*) FROM vault.audit_run WHERE finished_at IS NULL") == 0


@pytest.mark.parametrize("lie", ["missing", "swapped", "truncated", "other bytes"])
def test_every_lie_of_the_store_is_named(vault, lie):
    system, custody, (first, second, _) = vault
    name, other = (value(system, NAME, id=paper) for paper in (first, second))
    kept = content(system, name)
    if lie == "missing":
        bucket(system).remove_object(system.stores.bucket, name)
    else:
        forms = {"swapped": content(system, other), "truncated": kept[:-20], "other bytes": kept[:-1] + b"!"}
        put(system, name, forms[lie])
    try:
        code, words = command(system, "--all")
        assert code == 1
        assert f"{first} original" in words
        assert audit_sample(custody, 10, actor=OPERATOR).faults == 1
    finally:
        put(system, name, kept)


@pytest.mark.parametrize(
    ("column", "form"), [("commitment", "original"), ("wrapped_key", "original"), ("sealed_facts", "facts")]
)
def test_every_altered_row_is_named(vault, column, form):
    system, custody, (first, *_) = vault
    turn = f"UPDATE vault.document SET {column} = set_byte({column}, 5, (get_byte({column}, 5) + %(by)s) %% 256) WHERE document_id = %(id)s"
    rows(system, turn, id=first, by=1)
    try:
        report = audit_all(custody, actor=OPERATOR)
        assert (str(report.first[0].document_id), report.first[0].form, report.faults) == (first, form, 1)
    finally:
        rows(system, turn, id=first, by=255)


def test_the_journal_knows_of_audits_and_nobody_reads_a_word_of_a_paper(vault):
    system, *_ = vault
    assert value(system, "SELECT count(*) FROM vault.journal_entry WHERE act = 'audit'") > 0
