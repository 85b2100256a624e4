"""Row by row, a login sees what the standing of its transaction has business with, and without one nothing (ADR 0029)."""

from uuid import UUID

import psycopg
import pytest

from orchestration.stack.logins import GUESTS, OWNERS
from tests.architecture.standings import BESIDE_A_PAPER, OTHERS, counted, job, own_standing, seen, shown
from tests.journeys.agents import CLAIRE, Agent
from tests.journeys.caring import enrolled
from tests.journeys.doors import family, person_id, rows, value
from tests.system import CAISSE, Resident, System, eventually
from vault.standing import KINDS, Purpose

OWNER = OWNERS["unefois"]
LOGINS = (*GUESTS, OWNER)
SCHEMAS = ("vault", "hub")

PAPERS = ("vault.document", "vault.viewing_copy", "vault.reading", "vault.finding")
"""A paper, and what was made of it."""
CHILDREN = "SELECT child_id FROM hub.family_link WHERE adult_id = %(p)s AND retracted_at IS NULL"
LINES = "SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(p)s"
OWN = {
    "vault.holder_key": "holder_id = %(p)s",
    "vault.journal_record": "%(p)s = ANY (subjects)",
    "vault.upload": "holder_id = %(p)s",
    "vault.upload_part": "upload_id IN (SELECT upload_id FROM vault.upload WHERE holder_id = %(p)s)",
    "vault.likeness": "holder_id = %(p)s",
    "vault.replacement": "holder_id = %(p)s",
    "vault.legal_hold": "document_id IN (SELECT document_id FROM vault.document WHERE holder_id = %(p)s)",
    "vault.erasure_asked": "document_id IN (SELECT document_id FROM vault.document WHERE holder_id = %(p)s)",
    "vault.destruction_certificate": "document_id IN (SELECT document_id FROM vault.document WHERE holder_id = %(p)s)",
    "hub.person": "person_id = %(p)s",
    "hub.civil_status": f"person_id = %(p)s OR person_id IN ({CHILDREN})",
    "hub.contact": "person_id = %(p)s",
    "hub.residence": "person_id = %(p)s",
    "hub.residence_question": "person_id = %(p)s",
    "hub.family_link": f"adult_id = %(p)s OR child_id IN ({CHILDREN})",
    "hub.family_claim": "adult_id = %(p)s",
    "hub.account": "person_id = %(p)s",
    "hub.session": "account_id IN (SELECT account_id FROM hub.account WHERE person_id = %(p)s)",
    "hub.death": "person_id = %(p)s",
    "hub.life_event": "adult_id = %(p)s",
    "hub.school_file": f"child_id IN ({CHILDREN})",
    "hub.enrolment_line": "payer_id = %(p)s",
    "hub.request": "requester_id = %(p)s",
    "hub.ask": f"line_id IN ({LINES})",
    "hub.fit": f"line_id IN ({LINES})",
    "hub.satisfaction": f"line_id IN ({LINES})",
    "hub.line_decision": f"line_id IN ({LINES})",
    "hub.confirmation": f"request_id IN (SELECT request_id FROM hub.request WHERE line_id IN ({LINES}))",
    "hub.evidence": "holder_id = %(p)s",
}
"""Which rows are somebody's own, or of the children they stand for."""
OF_NO_PERSON_ALONE = ("vault.event", "vault.audit_fault", "hub.agent_session", "hub.evidence_request")
"""Tables that hold persons and are read for a purpose only, by nobody, or by the digest of a token."""
COVERED = (*PAPERS, *OWN, *OF_NO_PERSON_ALONE)
"""Tables that hold persons and show a row only to who has business with it."""
REACHING = ("vault.kept_value", "hub.contact_check", "hub.return_code", "hub.counter_visit", "hub.dashboard_choice")
"""Tables of how persons are reached; tests/journeys/test_reached_row_security.py tries them."""

LINKING = (
    "hub.agent_helping", "hub.line_succession", "hub.link_code", "hub.link_proposal", "hub.mandate", "hub.mandate_theme", "hub.partner_link", "hub.person_merge",
    "hub.person_merge_item",
)  # fmt: skip
"""Who knows whom and acts for whom; test_linking_rows.py tries them."""
GROWN = ("hub.coming_of_age",)
"""Which children come of age, read by the job about one of them; tests/journeys/test_majority.py tries it."""
LENT = ("hub.lent_token",)
"""Whose token a job may use; tests/unit/hub/exchanges/test_lending.py tries them."""
EXCHANGED = (
    "vault.body", "hub.exchange_attempt", "hub.exchange_edit", "hub.exchange_look", "hub.told_line", "hub.folder_in",
    "hub.shown_line",
)  # fmt: skip
"""What was said to a partner, or sent by one; test_bodies.py, test_pushing.py, test_folders_in.py, test_editing.py and
test_dashboard.py under tests/unit/hub/exchanges and test_ops_by_hand.py under tests/unit/hub/web try them."""
LAST = (
    "hub.agent", "hub.agent_role", "hub.authorisation_step", "hub.case_copy", "hub.delivery", "hub.disclosure",
    "hub.exchange", "hub.export_ticket", "hub.idempotency", "hub.message", "hub.notice_given", "hub.pending_sign_in",
    "hub.preview_ticket", "hub.pseudonym", "hub.receipt", "hub.release", "hub.reuse_grant", "hub.review",
    "hub.review_opinion", "hub.review_ticket", "hub.rights_information",
)  # fmt: skip
"""What was handed over, on what ground, and who decides; test_handed_over_rows.py tries them."""
CLOSED = (*COVERED, *REACHING, *LINKING, *GROWN, *LENT, *EXCHANGED, *LAST)

NO_PERSON = {
    "hub.agreement": "a contract between public bodies",
    "hub.alert": "what is wrong in words of ours, and how many families it concerns",
    "hub.alert_notice": "that an alert was told one way",
    "hub.binding_health": "how a partner's end-points do",
    "hub.breaker": "the same, counted",
    "hub.chore": "what the worker is asked to do, and counts of what it did",
    "hub.credential_refusal": "counts by partner",
    "hub.authorisation_transition": "which state may follow which",
    "hub.egress_gate": "until when a partner is not asked",
    "hub.file_seen": "names of files as their format prescribes them, sizes and times",
    "hub.file_in": "the same, digests of whole files, counts",
    "hub.file_line": "numbers of lines, and why they were left aside, in a word of ours",
    "hub.egress_slot": "moments, and digests of tokens of bodies and of FranceConnect that die within a minute",
    "hub.failed_run": "numbers of runs",
    "hub.feed": "how far a partner's notifications are numbered",
    "hub.notice_text": "texts of notices, the same for everybody",
    "hub.maintenance": "that nothing is written for a while, and why",
    "hub.partner": "a public body, its keys and addresses",
    "hub.rate_window": "counts by a digest of who asked",
    "hub.reevaluation": "one run over all families; counts, and where it stopped",
    "hub.release_stop": "that nothing is released for now, and why",
    "hub.replay_item": "numbers of exchanges, and their places in a plan",
    "hub.replay_plan": "which exchanges are repeated, at what pace, and why",
    "hub.revoked_token": "digests of partners' tokens",
    "hub.spared_ask": "counts by body, service and requirement",
    "hub.spent_assertion": "digests of partners' assertions",
    "hub.spent_proof": "digests of partners' proofs",
    "hub.webhook": "a partner's signing keys and how its end-point is",
    "hub.wish": "which day of which binding is to be done again, and which operator asked",
    "vault.audit_run": "counts of one audit",
    "vault.body_period": "for which body and days keys of kept conversations live",
    "vault.condemned_object": "random names that no row names",
    "vault.document_transition": "which state may follow which",
    "vault.job_trouble": "numbers of jobs and kinds of errors",
    "vault.journal_entry": "salted commitments; who and what is in the record beside it",
    "vault.journal_head": "the signed root of the log",
    "vault.journal_leaf": "hashes of salted commitments",
    "vault.journal_node": "hashes of hashes",
    "vault.journal_pending": "numbers of entries to sequence",
    "vault.journal_stamp": "when an authority saw a signed root",
    "vault.reconciliation": "counts of one comparison",
}
"""Each with its reason."""


def qualified(running: System, condition: str) -> set[str]:
    statement = f"""SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p') AND ({condition})"""
    return {row["name"] for row in rows(running, statement, schemas=list(SCHEMAS))}


def test_every_table_is_closed_or_holds_no_person(running):
    listed = [*CLOSED, *NO_PERSON]
    assert len(listed) == len(set(listed))
    assert qualified(running, "true") == set(listed)


def test_what_is_covered_is_forced_and_has_policies(running):
    forced = "c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"
    assert qualified(running, forced) == set(CLOSED)


def test_no_policy_is_open_and_none_is_for_everybody(running):
    policies = rows(running, "SELECT * FROM pg_policies WHERE schemaname = ANY(%(s)s)", s=list(SCHEMAS))
    assert policies
    for policy in policies:
        assert policy["permissive"] == "PERMISSIVE"
        assert "public" not in policy["roles"]
        assert "true" not in (policy["qual"], policy["with_check"]), policy


@pytest.fixture(scope="module")
def parent(running: System) -> Resident:
    """Somebody with a paper that was read and handed back to them, beside others who have some too."""
    family(running)
    made, _ = family(running)
    own = rows(running, "SELECT document_id FROM vault.document WHERE holder_id = %(p)s", p=person_id(made))
    made.http.get(f"/v1/documents/{own[0]['document_id']}")
    ticket = made.http.post(f"/v1/documents/{own[0]['document_id']}/preview-tickets").json()
    assert made.http.get(ticket["href"]).status_code == 200
    return made


@pytest.fixture(scope="module")
def papers(running: System, parent: Resident) -> set[UUID]:
    found = rows(running, "SELECT document_id FROM vault.document WHERE holder_id = %(p)s", p=person_id(parent))
    return {row["document_id"] for row in found}


@pytest.fixture(scope="module")
def settled(running: System, parent: Resident) -> UUID:
    """Somebody of whom, as of somebody else, there are rows of every kind that is kept beside a paper."""
    made = (enrolled(running)[0], enrolled(running)[0])
    for one in made:
        own = rows(running, "SELECT document_id FROM vault.document WHERE holder_id = %(p)s", p=person_id(one))
        ticket = one.http.post(f"/v1/documents/{own[0]['document_id']}/preview-tickets").json()
        assert one.http.get(ticket["href"]).status_code == 200
        for forged in BESIDE_A_PAPER:
            rows(running, forged, d=own[0]["document_id"], p=person_id(one))
    return person_id(made[0])


@pytest.mark.parametrize("login", LOGINS)
def test_without_a_standing_nothing_is_there(running, settled, login):
    assert not any(shown(running, login, CLOSED).values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("login", LOGINS)
def test_with_anothers_standing_nothing_is_there(running, settled, login, kind):
    found = shown(running, login, CLOSED, **{kind: OTHERS[kind]})
    assert not any(found.values()), found


PURPOSES = {
    "unefois_worker": {"reconciliation", "retention", "safety", "audit", "reevaluation", "restoring"},
    OWNER: {"migration", "backup"},
}


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("login", LOGINS)
def test_a_purpose_serves_the_login_it_is_for(running, parent, login, purpose):
    opened = bool(seen(running, login, "vault.document", purpose=purpose))
    assert opened == (purpose in PURPOSES.get(login, set()))


@pytest.mark.parametrize("table", PAPERS)
def test_a_person_sees_their_own_at_either_door(running, parent, papers, table):
    whole = seen(running, OWNER, table, purpose="migration")
    for login in ("unefois_door", "unefois_release"):
        found = seen(running, login, table, person=person_id(parent))
        assert found in (whole & papers, None)


def test_the_release_door_sees_one_paper_for_one_committed_entry(running, parent, papers):
    statement = """SELECT e.entry_id, r.document_id FROM vault.journal_entry e JOIN vault.journal_record r USING (entry_id)
                   WHERE e.act = %(act)s AND r.document_id = ANY(%(papers)s) LIMIT 1"""
    (handed,) = rows(running, statement, act="release", papers=list(papers))
    (brought,) = rows(running, statement, act="deposit", papers=list(papers))
    for table in PAPERS:
        assert seen(running, "unefois_release", table, entry=handed["entry_id"]) <= {handed["document_id"]}
        assert not seen(running, "unefois_release", table, entry=brought["entry_id"])
    assert seen(running, "unefois_release", "vault.document", entry=handed["entry_id"]) == {handed["document_id"]}


@pytest.mark.parametrize("table", PAPERS)
def test_the_worker_sees_whose_job_it_does_while_it_does_it(running, parent, papers, table):
    whole = seen(running, OWNER, table, purpose="migration")
    with job(running, "doing", document_id=next(iter(papers))) as doing:
        assert seen(running, "unefois_worker", table, job=doing) == whole & papers
        for other in ("unefois_door", "unefois_release", "unefois_pipelines"):
            assert not seen(running, other, table, job=doing)
    with job(running, "succeeded", document_id=next(iter(papers))) as done:
        assert not seen(running, "unefois_worker", table, job=done)
    assert not seen(running, "unefois_worker", table, job=doing)


@pytest.mark.parametrize("table", PAPERS)
def test_the_pipelines_see_no_paper_by_any_standing(running, papers, table):
    for purpose in Purpose:
        assert not seen(running, "unefois_pipelines", table, purpose=purpose, partner=CAISSE)


ON_A_PAPER = ("vault.likeness", "vault.replacement", "vault.legal_hold", "vault.erasure_asked")
ABOUT_A_PERSON = (
    "hub.civil_status",
    "hub.contact",
    "hub.residence",
    "hub.residence_question",
    "hub.family_link",
    "hub.family_claim",
    "hub.death",
)
OF_A_FILE = (
    "hub.school_file",
    "hub.enrolment_line",
    "hub.request",
    "hub.ask",
    "hub.fit",
    "hub.satisfaction",
    "hub.confirmation",
    "hub.evidence",
)
RIGHT = [
    ("vault.holder_key", "unefois_door", "person"),
    ("vault.holder_key", "unefois_release", "entry"),
    ("vault.holder_key", "unefois_worker", "job"),
    ("vault.journal_record", "unefois_door", "person"),
    ("vault.journal_record", "unefois_release", "person"),
    ("vault.upload", "unefois_door", "person"),
    ("vault.upload_part", "unefois_door", "person"),
    *((table, "unefois_door", "person") for table in (*ON_A_PAPER, "vault.destruction_certificate")),
    *((table, "unefois_release", "person") for table in (*ON_A_PAPER, "vault.destruction_certificate")),
    *((table, "unefois_worker", "job") for table in (*ON_A_PAPER, "vault.destruction_certificate")),
    *((table, "unefois_door", "person") for table in ("hub.person", "hub.life_event", "hub.account", *ABOUT_A_PERSON)),
    *((table, "unefois_worker", "job") for table in ABOUT_A_PERSON),
    *((table, "unefois_door", "person") for table in OF_A_FILE),
    *((table, "unefois_worker", "job") for table in OF_A_FILE),
    ("hub.session", "unefois_door", "session"),
    ("hub.account", "unefois_door", "session"),
]
"""Table, login, and by what standing it sees somebody's own rows: all of them, and no other's."""


@pytest.mark.parametrize(("table", "login", "kind"), RIGHT)
def test_the_right_standing_shows_ones_own_rows_and_no_others(running, settled, table, login, kind):
    everything = value(running, f"SELECT count(*) FROM {table}")
    own = value(running, f"SELECT count(*) FROM {table} WHERE {OWN[table]}", p=settled)
    assert 0 < own < everything
    with own_standing(running, settled, kind) as standing:
        assert counted(running, login, table, **standing) == own


def test_the_release_door_sees_the_name_of_whoever_takes_all_away_and_no_childs(running, settled):
    assert counted(running, "unefois_release", "hub.civil_status", person=settled) == 1


def test_a_session_opens_its_own_account_and_name_and_no_other(running, settled):
    with own_standing(running, settled, "session") as standing:
        for table in ("hub.session", "hub.account", "hub.civil_status", "hub.death"):
            assert counted(running, "unefois_door", table, **standing) == 1
        over = "UPDATE hub.session SET expires_at = now() - interval '1 day' WHERE token_digest = decode(%(d)s, 'hex')"
        rows(running, over, d=standing["session"])
        assert counted(running, "unefois_door", "hub.civil_status", **standing) == 0


def test_an_agents_session_is_shown_to_its_own_token(running, settled):
    Agent(running, CLAIRE).sign_in()
    digests = rows(running, "SELECT encode(token_digest, 'hex') AS digest FROM hub.agent_session")
    assert digests
    for row in digests:
        assert counted(running, "unefois_door", "hub.agent_session", session=row["digest"]) == 1


@pytest.mark.parametrize("login", ["unefois_release", "unefois_pipelines"])
@pytest.mark.parametrize(
    "table", ["hub.enrolment_line", "hub.request", "hub.school_file", "hub.fit", "hub.satisfaction"]
)
def test_a_body_sees_what_hangs_on_its_own_lines(running, settled, table, login):
    of_line = "line_id IN (SELECT line_id FROM hub.enrolment_line WHERE body = %(b)s)"
    of_file = "file_id IN (SELECT file_id FROM hub.enrolment_line WHERE body = %(b)s)"
    where = of_file if table == "hub.school_file" else of_line
    for row in rows(running, "SELECT DISTINCT body FROM hub.enrolment_line"):
        own = value(running, f"SELECT count(*) FROM {table} WHERE {where}", b=row["body"])
        assert counted(running, login, table, partner=row["body"]) == own


def test_a_body_sees_its_own_questions(running, settled):
    asked = """INSERT INTO hub.evidence_request (evidence_request_id, siret, subject, service, requirement, purpose,
                   on_behalf_of, outcome, asked_at)
               SELECT uuidv7(), siret, uuidv7(), 'a', 'b', 'c', 'd', 'refused', now() FROM hub.partner LIMIT 2
               RETURNING siret"""
    for row in rows(running, asked):
        own = "SELECT count(*) FROM hub.evidence_request WHERE siret = %(s)s"
        asked_by = counted(running, "unefois_release", "hub.evidence_request", partner=row["siret"])
        assert asked_by == value(running, own, s=row["siret"]) > 0


def test_an_event_is_written_and_read_by_nobody(running, parent):
    assert value(running, "SELECT count(*) FROM vault.event") > 0
    for login in GUESTS:
        assert counted(running, login, "vault.event", person=person_id(parent), purpose="audit") is None


def test_nobody_writes_of_a_person_without_saying_by_what_authority(running, parent):
    made = value(running, "SELECT entry_id FROM vault.journal_entry LIMIT 1")
    naming = "INSERT INTO vault.journal_record VALUES (%s, '', sha256(''), NULL, %s)"
    for login in GUESTS:
        with (
            psycopg.connect(running.stores.dsn(login)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        ):
            connection.execute(naming, [made, [person_id(parent)]])


def test_an_agent_sees_the_papers_of_their_bodys_reviews_and_no_others(running, parent):
    statement = """SELECT a.agent_id, array_remove(array_agg(DISTINCT r.document_id), NULL) AS papers FROM hub.agent_role a
                   LEFT JOIN hub.review r ON r.body = a.body WHERE a.withdrawn_at IS NULL GROUP BY a.agent_id"""
    for agent in rows(running, statement):
        assert seen(running, "unefois_door", "vault.document", agent=agent["agent_id"]) == set(agent["papers"])


def test_nobody_writes_a_paper_for_another(running, parent, papers):
    moving = "UPDATE vault.document SET state_reason = 'mine' WHERE document_id = %s"
    with psycopg.connect(running.stores.dsn("unefois_worker")) as worker:
        assert worker.execute(moving, [next(iter(papers))]).rowcount == 0
    copying = (
        "INSERT INTO vault.finding SELECT document_id, 'x', 'passed', '', '', now() FROM unnest(%s::uuid[]) document_id"
    )
    with (
        psycopg.connect(running.stores.dsn("unefois_worker")) as worker,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        worker.execute(copying, [list(papers)])


@pytest.fixture(scope="module", autouse=True)
def _read(running: System, parent: Resident, papers: set[UUID]) -> None:
    eventually(lambda: seen(running, OWNER, "vault.reading", purpose="migration") >= papers)
