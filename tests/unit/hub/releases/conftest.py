"""A family whose papers a body may have, on a real database, as its owner: what is looked at here are conditions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.authorisations import Frequency
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import EnrolmentLineId, EvidenceId, PersonId, Siret
from hub.errors import NoGround
from hub.partners.applying import Wanted, apply
from hub.partners.registry import read_partners
from hub.releases.gate import Cause, Channel, Ordered, order_release
from hub.releases.grounds import Question
from hub.requests.granting import for_a_request, write_grant
from hub.requests.notices import give_notice, notice_of_authorisation, notice_on_request
from hub.requirements.catalogue import load
from hub.school_files.judging import judge_family
from orchestration.stack.layout import CODE_ROOT
from tests.assets.families import Made
from tests.system import CAISSE
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place, place, server
from vault.db import Database
from vault.journal.records import Actor, ActorKind

__all__ = ["place", "server"]
CATALOGUE = load()
CANTEEN = "canteen_enrolment"


@dataclass
class Asked:
    """One family, its canteen lines at the Caisse, and what may be done about them."""

    place: Place
    db: Database
    made: Made

    def rows(self, statement: str, **values: Any) -> list[dict]:
        return self.place.rows(statement, **values)

    def evidence(self, kind: EvidenceType) -> UUID:
        return next(proof for _, proof, paper in self.made.papers if paper.kind is kind)

    def request(self, service: str) -> UUID:
        (row,) = self.rows("SELECT request_id FROM hub.request WHERE line_id = %(l)s", l=self.made.lines[service])
        return row["request_id"]

    def question(self, service: str, kind: EvidenceType) -> Question:
        line = EnrolmentLineId(self.made.lines[service])
        return Question(EvidenceId(self.evidence(kind)), line, Siret(CAISSE), Purpose(service))

    def tell(self, service: str) -> None:
        with self.db.transaction() as tx:
            told = notice_on_request(CATALOGUE, service, Siret(CAISSE))
            about = {"request_id": self.request(service), "recipient": Siret(CAISSE)}
            give_notice(tx, told, PersonId(self.made.adult), **about, channel="api", now=NOW)

    def allow(self, service: str, *, once: bool = False, **changed: Any) -> UUID:
        request, person = self.request(service), PersonId(self.made.adult)
        terms = for_a_request(CATALOGUE, person, request, (service, CAISSE), until=date(2027, 8, 31), now=NOW)
        changed |= {"frequency": Frequency.ONE_TIME} if once else {}
        with self.db.transaction() as tx:
            told = notice_of_authorisation(CATALOGUE, service, Siret(CAISSE))
            read = give_notice(tx, told, person, request_id=request, recipient=Siret(CAISSE), channel="api", now=NOW)
            actor = Actor(ActorKind.RESIDENT, str(person))
            return write_grant(tx, replace(terms, **changed), actor, notice_id=read, now=NOW)

    def asking(self) -> UUID:
        """A question of the body, to which a release answers."""
        number = uuid4()
        self.rows(
            """INSERT INTO hub.evidence_request VALUES (%(id)s, %(siret)s, %(id)s, 'canteen_enrolment',
               'child_identity', 'canteen_enrolment', 'test', 'documents', NULL, now())""",
            id=number,
            siret=CAISSE,
        )
        return number

    def release(self, question: Question, cause: UUID | None = None, *, later: timedelta = timedelta()) -> Ordered:
        why = Cause(evidence_request_id=cause or self.asking())
        with self.db.transaction() as tx:
            return order_release(tx, CATALOGUE, question, Channel.PULL, why, now=NOW + later)

    def refused(self, question: Question, **told: Any) -> str:
        with pytest.raises(NoGround) as refusal:
            self.release(question, **told)
        return refusal.value.detail


@pytest.fixture
def asked(place: Place) -> Iterator[Callable[[], Asked]]:
    """Families in good order whose Caisse has its convention."""
    db = Database.connect(place.url)
    with db.transaction() as tx:
        for partner in read_partners(CODE_ROOT / "contracts" / "partners"):
            apply(tx, Wanted(partner), wrap_secret=lambda: None, actor=Actor(ActorKind.PROCESS, "test"), now=NOW)

    def family() -> Asked:
        made = Made()
        place.seed((made, list(made.usual(TODAY))))
        with db.transaction() as tx:
            judge_family(tx, place.custody, CATALOGUE, made.adult, now=NOW)
            tx.execute(text("SELECT 1"))
        return Asked(place, db, made)

    yield family
    db.close()
