"""FranceConnect mode: the token of somebody who just signed in, lent to the requests it can answer, for its minute.

The door has the token and may only wrap; what comes of an answer (the household, the judgement of the family) needs the
right to unwrap. So the door lends the token, sealed, within the sign-in, and the worker's job, milliseconds later, uses it once. The
sign-in waits for nobody.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from connectors.api_particulier.routes import QUOTIENT_FAMILIAL_SIGNED_IN
from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from contracts.identifiers import PersonId
from hub.bindings import Bindings
from hub.exchanges.tables import LENT_TOKEN
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import under_way
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE
from vault.db import Database, WriteTx
from vault.errors import DatabaseUnavailable, VaultError
from vault.jobs import Job, defer

LIFE = timedelta(seconds=55)
"""FranceConnect's tokens live 60 s, and the call takes some."""
DATUM = "quotient_familial"
_LOG = logging.getLogger(__name__)
Cipher = Callable[[bytes, bytes], bytes]
"""The master key as a process has it: a secret and what it is bound to, to the other form of it."""


def _bound_to(request_id: UUID) -> bytes:
    return b"france_connect\x00" + request_id.bytes


@dataclass(frozen=True, slots=True)
class Lender:
    """What the door lends with: which bodies are enabled, and the right to wrap."""

    db: Database
    catalogue: Catalogue
    bindings: Bindings
    wrap: Cipher

    def lend(self, person_id: PersonId, access_token: SecretStr, *, now: datetime) -> int:
        """Lend the token to each pending request it can answer; return to how many. A fault never ends a sign-in."""
        try:
            with self.db.transaction() as tx:
                tx.stand(person=person_id)
                wanted = self._wanted(tx, person_id, now=now)
                for request_id in wanted:
                    sealed = self.wrap(access_token.get_secret_value().encode(), _bound_to(request_id))
                    row = {"person_id": person_id, "sealed": sealed, "expires_at": now + LIFE}
                    lending = insert(LENT_TOKEN).values(request_id=request_id, **row)
                    tx.execute(lending.on_conflict_do_update(index_elements=[LENT_TOKEN.c.request_id], set_=row))
                    defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, request_id=request_id)
        except DatabaseUnavailable as error:
            _LOG.warning("no token was lent: %s", type(error).__name__)
            return 0
        return len(wanted)

    def _wanted(self, tx: WriteTx, person_id: PersonId, *, now: datetime) -> list[UUID]:
        held = exists().where(
            EVIDENCE.c.holder_id == REQUEST.c.requester_id,
            EVIDENCE.c.evidence_type == EvidenceType.QUOTIENT_FAMILIAL,
            EVIDENCE.c.usable_by == ENROLMENT_LINE.c.body,
            EVIDENCE.c.kind == "pulled",
            EVIDENCE.c.withdrawn_at.is_(None),
        )
        pending = (
            select(REQUEST.c.request_id, ENROLMENT_LINE.c.body, ENROLMENT_LINE.c.service)
            .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
            .where(
                REQUEST.c.requester_id == person_id,
                under_way(paris_day(now)),
                ENROLMENT_LINE.c.retracted_at.is_(None),
                ENROLMENT_LINE.c.valid_until >= paris_day(now),
                ~held,
            )
        )
        return [row.request_id for row in tx.execute(pending) if self._enabled(row.body, row.service)]

    def _enabled(self, body: str, service: str) -> bool:
        binding = self.bindings.of("api-particulier", body)
        known = self.catalogue.services.get(service)
        allowed = known is not None and self.catalogue.may_fetch(known.purpose, DATUM)
        return allowed and binding is not None and QUOTIENT_FAMILIAL_SIGNED_IN.name in binding.operations


def take(tx: WriteTx, request_id: UUID, unwrap: Cipher, *, now: datetime) -> SecretStr | None:
    """Return the token lent to a request, which nobody can take again; nothing where there is none that works."""
    taken = delete(LENT_TOKEN).where(LENT_TOKEN.c.request_id == request_id).returning(LENT_TOKEN)
    row = tx.execute(taken).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    try:
        return SecretStr(unwrap(bytes(row.sealed), _bound_to(request_id)).decode())
    except VaultError as error:
        _LOG.warning("a lent token cannot be opened: %s", type(error).__name__)
        return None
