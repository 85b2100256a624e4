"""Documents put into custody without a door, so that a bench can read them."""

from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy import insert

import vault.bootstrap as vault_parts
from contracts.documents import EvidenceType, Grade, MediaType
from contracts.identifiers import DocumentId, PersonId, new_uuid
from hub.deposits import preview
from hub.school_files.tables import EVIDENCE
from orchestration.stack import environment
from tests.system import System
from vault.bootstrap import utc_now
from vault.documents.custody import Custody
from vault.documents.deposit import RecordFacts, deposit_record, seal_bytes
from vault.journal.records import Actor, ActorKind
from vault.settings import VaultSettings
from vault.standing import Purpose, standing


class Holding:
    """Custody with the rights of the worker and of the door, in the process of the bench."""

    def __init__(self, system: System) -> None:
        self._worker = _custody(environment.worker("test", system.places, system.stores))
        self._door = _custody(environment.door("test", system.places, system.stores))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._worker.db.close()
        self._door.db.close()

    def record(self, holder: UUID, content: bytes) -> DocumentId:
        """Seal ``content`` for ``holder`` as a datum from a source, which is released as it is."""
        document, custody, now = DocumentId(new_uuid()), self._worker, utc_now()
        sealed = seal_bytes(custody, document, content, MediaType.PDF)
        facts = RecordFacts(EvidenceType.QUOTIENT_FAMILIAL, now.date(), {})
        with standing(purpose=Purpose.RESTORING), custody.db.transaction() as tx:
            deposit_record(tx, custody, sealed, facts, holder_id=holder, actor=Actor(ActorKind.PROCESS, "bench"))
            tx.execute(
                insert(EVIDENCE).values(
                    evidence_id=new_uuid(),
                    kind="document",
                    document_id=document,
                    holder_id=holder,
                    evidence_type=EvidenceType.QUOTIENT_FAMILIAL,
                    grade=Grade.SOURCE_PULLED,
                    recorded_at=now,
                )
            )
        return document

    def ticket(self, holder: UUID, document: DocumentId) -> str:
        """A ticket for one look."""
        with standing(person=holder):
            return preview.issue(self._door, PersonId(holder), document)


def _custody(told: dict[str, str]) -> Custody:
    names = {name.removeprefix("VAULT_").lower(): said for name, said in told.items() if name.startswith("VAULT_")}
    return vault_parts.custody(VaultSettings(**names, UNEFOIS_PROFILE="test"))  # type: ignore[arg-type]  # from the environment
