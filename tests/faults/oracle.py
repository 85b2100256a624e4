"""What must hold once everything has recovered: nothing lost, nothing doubled, nothing that cannot be explained."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.journeys.doors import objects
from tests.system import System
from vault.db import Database
from vault.journal.signing import HeadVerifier
from vault.journal.verify import verify_journal

EVENT = "fr.paris.unefois."
_RECORD = "convert_from(record, 'UTF8')::jsonb"
ONCE = {
    "document concluded: one journal entry": (
        f"SELECT d.document_id, (SELECT count(*) FROM vault.journal_record r WHERE r.document_id = d.document_id"
        f" AND {_RECORD}->>'act' = 'conclude') FROM vault.document d"
        " WHERE d.origin = 'deposit' AND EXISTS (SELECT FROM vault.reading g WHERE g.document_id = d.document_id)"
        # What reading found goes with the document, its record too.
        " AND d.state NOT IN ('erased', 'expired')"
    ),
    "document received: one event": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.event e WHERE e.subject = d.document_id::text"
        f" AND e.type = '{EVENT}document.received.v1') FROM vault.document d WHERE d.origin = 'deposit'"
    ),
    "document concluded: one event": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.event e WHERE e.subject = d.document_id::text"
        f" AND e.type = '{EVENT}document.concluded.v1') FROM vault.document d"
        " JOIN vault.reading g USING (document_id) WHERE d.origin = 'deposit'"
    ),
    "document available: one viewing copy": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.viewing_copy c WHERE c.document_id = d.document_id)"
        " FROM vault.document d WHERE d.origin = 'deposit' AND d.state = 'available'"
    ),
    "document known: one piece of evidence": (
        "SELECT d.document_id, (SELECT count(*) FROM hub.evidence e WHERE e.document_id = d.document_id)"
        " FROM vault.document d JOIN vault.reading g USING (document_id)"
        " WHERE d.state = 'available' AND g.evidence_type <> 'unknown'"
    ),
    "link proved: one journal entry": (
        "SELECT l.link_id, (SELECT count(*) FROM vault.journal_record r WHERE r.document_id = l.source_document"
        f" AND {_RECORD}->>'act' = 'link') FROM hub.family_link l"
    ),
    "link proved: one event": (
        "SELECT l.link_id, (SELECT count(*) FROM vault.event e WHERE e.subject = l.link_id::text"
        f" AND e.type = '{EVENT}family-link.proved.v1') FROM hub.family_link l"
    ),
    "requirement satisfied: one event": (
        "SELECT s.satisfaction_id, (SELECT count(*) FROM vault.event e WHERE e.subject = s.line_id::text"
        f" AND e.type = '{EVENT}requirement.satisfied.v1' AND e.data->>'requirement' = s.requirement"
        " AND e.data->>'evidence' = s.evidence_id::text) FROM hub.satisfaction s"
    ),
    "satisfied line of a partner with a webhook: one delivery": (
        "SELECT e.event_id, (SELECT count(*) FROM hub.delivery d WHERE d.event_id = e.event_id) FROM vault.event e"
        " JOIN hub.enrolment_line l ON l.line_id::text = e.subject JOIN hub.partner p ON p.siret = l.body"
        f" WHERE e.type = '{EVENT}requirement.satisfied.v1' AND p.webhook_url IS NOT NULL"
    ),
    "datum pulled: one per settled exchange": (
        "SELECT x.exchange_id, (SELECT count(*) FROM hub.evidence v JOIN hub.request q ON q.requester_id = v.holder_id"
        " JOIN hub.enrolment_line l ON l.line_id = q.line_id WHERE v.kind = 'pulled' AND v.withdrawn_at IS NULL"
        " AND q.request_id::text = x.natural_key AND v.usable_by = l.body)"
        " FROM hub.exchange x WHERE x.operation = 'quotient_familial' AND x.outcome = 'found'"
    ),
    "nothing found at the source: the family is asked": (
        "SELECT x.exchange_id, (SELECT count(*) FROM hub.ask a JOIN hub.request q ON q.line_id = a.line_id"
        " WHERE q.request_id::text = x.natural_key) FROM hub.exchange x"
        " WHERE x.operation = 'quotient_familial' AND x.state = 'settled' AND x.outcome <> 'found'"
    ),
    "datum pulled: one journal entry": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.journal_record r WHERE r.document_id = d.document_id"
        f" AND {_RECORD}->>'act' = 'pull') FROM vault.document d WHERE d.origin = 'record'"
    ),
    "erased: one journal entry": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.journal_record r WHERE r.document_id = d.document_id"
        f" AND {_RECORD}->>'act' = 'erase') FROM vault.document d WHERE d.state = 'erased'"
    ),
    "erased: one event": (
        "SELECT d.document_id, (SELECT count(*) FROM vault.event e WHERE e.subject = d.document_id::text"
        f" AND e.type = '{EVENT}document.erased.v1') FROM vault.document d WHERE d.state = 'erased'"
    ),
    "asked to be erased: erased": (
        "SELECT r.document_id, (SELECT count(*) FROM vault.document d WHERE d.document_id = r.document_id"
        f" AND d.state = 'erased') FROM vault.journal_record r WHERE {_RECORD}->>'act' = 'withdraw'"
    ),
    "claim on a child with a guardian: one review": (
        "SELECT c.claim_id, (SELECT count(*) FROM hub.review v WHERE v.adult_id = c.adult_id) FROM hub.family_claim c"
        " WHERE c.state = 'under_review'"
    ),
    "claim contested: one event": (
        "SELECT v.review_id, (SELECT count(*) FROM vault.event e WHERE e.subject = v.review_id::text"
        f" AND e.type = '{EVENT}family-link.contested.v1') FROM hub.review v"
    ),
    "released by hand-over: one release per line and piece": (
        "SELECT DISTINCT x.exchange_id, (SELECT count(*) FROM hub.release r WHERE r.exchange_id = x.exchange_id)"
        " FROM hub.exchange x WHERE x.operation = 'hand_over' AND x.outcome IN ('applied', 'duplicate')"
    ),
    "release: one journal entry": (
        "SELECT r.release_id, (SELECT count(*) FROM vault.journal_record j WHERE j.entry_id = r.entry_id)"
        " FROM hub.release r"
    ),
    "release: one event": (
        "SELECT r.release_id, (SELECT count(*) FROM vault.event e WHERE e.subject = r.release_id::text"
        f" AND e.type = '{EVENT}evidence.released.v1') FROM hub.release r"
    ),
}
"""Each gives an identifier and how often its effect is there."""
NEVER = {
    "document still « received »": "SELECT document_id FROM vault.document WHERE state = 'received'",
    "claim still open": "SELECT claim_id FROM hub.family_claim WHERE state = 'open'",
    "job left": "SELECT id, task_name, status FROM jobs.procrastinate_jobs",
    "delivery not made": "SELECT delivery_id FROM hub.delivery WHERE state <> 'delivered'",
    "entry without a leaf": "SELECT entry_id FROM vault.journal_entry LEFT JOIN vault.journal_leaf USING (entry_id)"
    " WHERE leaf_index IS NULL",
    "exchange not settled": "SELECT exchange_id, state FROM hub.exchange WHERE state <> 'settled'",
    "key of an erased paper": "SELECT document_id FROM vault.document d WHERE state = 'erased' AND (wrapped_key IS NOT NULL"
    " OR EXISTS (SELECT FROM vault.viewing_copy c WHERE c.document_id = d.document_id))",
    "key of an old generation": "SELECT holder_id FROM vault.holder_key GROUP BY holder_id HAVING count(*) > 1",
}
"""Each must give no row."""


@dataclass
class Verdict:
    """What was found; ``swept_later`` counts objects that nothing can open and that reconciliation removes."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    swept_later: int = 0

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.unexplained)


def judge(system: System) -> Verdict:
    """Look everywhere; returns what is wrong."""
    verdict = Verdict()
    with psycopg.connect(system.owner_dsn()) as connection:
        for what, statement in ONCE.items():
            for row in connection.execute(statement):  # type: ignore[call-overload]  # statements are text of this file
                if row[1] != 1:
                    (verdict.doubled if row[1] > 1 else verdict.lost).append(f"{what}: {row[0]} has {row[1]}")
        for what, statement in NEVER.items():
            rows = connection.execute(statement).fetchall()  # type: ignore[call-overload]  # statements are text of this file
            verdict.unexplained += [f"{what}: {' '.join(map(str, row))}" for row in rows]
        _partners(system, connection, verdict)
        _objects(system, connection, verdict)
    journal(system, verdict)
    return verdict


def _partners(system: System, connection: "psycopg.Connection[Any]", verdict: Verdict) -> None:
    sent: dict[str, set[str]] = {}
    rows = connection.execute("SELECT slug, delivery_id FROM hub.delivery JOIN hub.partner USING (siret)")
    for slug, delivery_id in rows:
        sent.setdefault(slug, set()).add(str(delivery_id))
    for slug, expected in sent.items():
        told = [row["message"].removeprefix("msg_") for row in system.received(slug)["notifications"]]
        verdict.lost += [f"{slug} was never told {one}" for one in expected - set(told)]
        verdict.doubled += [f"{slug} was told {one} twice" for one in set(told) if told.count(one) > 1]
        verdict.unexplained += [f"{slug} was told of {one}, which is no delivery" for one in set(told) - expected]


def _objects(system: System, connection: "psycopg.Connection[Any]", verdict: Verdict) -> None:
    kept = connection.execute(
        "SELECT object_name FROM vault.document WHERE state <> 'erased' UNION SELECT object_name FROM vault.viewing_copy"
    )
    wanted, there = {row[0] for row in kept}, objects(system)
    verdict.lost += [f"object {name} is gone" for name in wanted - there]
    # Their data keys lie in no row: only a row holds a wrapped key, and these names are in none that has one.
    verdict.swept_later = len(there - wanted)


def journal(system: System, verdict: Verdict) -> None:
    """Add what is wrong with the journal, recomputed whole."""
    public = HeadVerifier.from_text(system.places.key("journal.pub").read_text(encoding="utf-8"))
    database = Database.connect(system.stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    try:
        with database.read() as tx:
            report = verify_journal(tx, public)
    finally:
        database.close()
    if not report.holds:
        verdict.unexplained.append(f"the journal does not verify: {report.fault}")


def dropped(system: System, slug: str, days: Sequence[str]) -> list[str]:
    """What is wrong with a Caisse's drop folder: one whole file a day, and nothing half written."""
    folder = system.places.drops / slug / "drop"
    names = sorted(path.name for path in folder.iterdir())
    wrong = [f"half a file: {name}" for name in names if name.startswith(".")]
    for day in days:
        found = [name for name in names if day.replace("-", "") in name or day in name]
        if len(found) != 1:
            wrong.append(f"{len(found)} files of {day}")
    return wrong
