"""Signed answers: compact JWS of a day at most, each bound to the question it answers and to whoever asked it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from connectors.jose import sign_compact
from contracts.answers import ANSWER_LIFE, ANSWER_TYPE
from contracts.calendar import PARIS
from contracts.grounds import Purpose
from contracts.identifiers import PartnerPseudonym, ReleaseId, Siret
from hub.partners.keys import TokenKeys
from hub.releases.disclosing import Sealed, encoded
from hub.requirements.answers import ALGORITHM, Statement

HELD_BY = "unefois"
"""Where « none » says that was looked: what families deposited with the hub, and what it pulled for this body."""


@dataclass(frozen=True, slots=True)
class AnswerSigner:
    """What signs answers: a ring of keys that sign nothing else, under the hub's public address."""

    url: str
    ring: Callable[[], TokenKeys] = field(repr=False)

    def sign(self, claims: Mapping[str, Any], now: datetime) -> str:
        """Return ``claims`` as a compact JWS."""
        return sign_compact(claims, self.ring().signing(now), typ=ANSWER_TYPE)

    def jwks(self, now: datetime) -> dict[str, Any]:
        """Return the public keys (RFC 7517): the one that signs, the next, and those whose answers may still live."""
        return {"keys": self.ring().public(now)}


@dataclass(frozen=True, slots=True)
class Bound:
    """The question that an answer is bound to: whose, about whom, for what, and the SHA-256 of its exact body."""

    recipient: Siret
    subject: PartnerPseudonym
    service: str
    requirement: str
    purpose: Purpose
    request_id: UUID
    digest: bytes


def statement_claims(bound: Bound, statement: Statement, sealed: Sealed) -> dict[str, Any]:
    """Return what an answer says, and what it is said to."""
    told = {"service": bound.service, "requirement": bound.requirement, "purpose": bound.purpose.value}
    return {**told, **said_of(statement), "commitment": encoded(sealed.commitment)}


def said_of(statement: Statement) -> dict[str, Any]:
    """Return the claims that say something of the family: the same in a preview and in what leaves."""
    told: dict[str, Any] = {"answer": statement.says, "grade": statement.grade}
    return told | ({"algorithm": ALGORITHM} if statement.computed else {})


def answer(
    signer: AnswerSigner,
    bound: Bound,
    what: tuple[Statement, Sealed, ReleaseId],
    *,
    last_day: date,
    now: datetime,
) -> str:
    """Return a signed answer; it is over with ``last_day`` in Paris, or a day from now."""
    statement, sealed, release_id = what
    over = datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=PARIS)
    until = min(now + ANSWER_LIFE, over)
    claims = _envelope(signer, bound, "answer", now=now, until=until) | statement_claims(bound, statement, sealed)
    return signer.sign(claims | {"jti": str(release_id)}, now)


def none(signer: AnswerSigner, bound: Bound, looked_for: tuple[str, ...], *, now: datetime) -> str:
    """Return a signed « none »: what was looked for, where, as of when; also for a subject that is not the asker's."""
    return signer.sign(
        _envelope(signer, bound, "none", now=now, until=now + ANSWER_LIFE)
        | {
            "service": bound.service,
            "requirement": bound.requirement,
            "purpose": bound.purpose.value,
            "looked_for": list(looked_for),
            "looked_in": [HELD_BY],
            "as_of": now.isoformat(timespec="seconds"),
        },
        now,
    )


def documents(signer: AnswerSigner, bound: Bound, offered: list[dict[str, Any]], *, now: datetime) -> str:
    """Return the signed list of what may be fetched."""
    claims = _envelope(signer, bound, "documents", now=now, until=now + ANSWER_LIFE)
    named = {"service": bound.service, "requirement": bound.requirement, "purpose": bound.purpose.value}
    return signer.sign(claims | named | {"documents": offered}, now)


def _envelope(signer: AnswerSigner, bound: Bound, outcome: str, *, now: datetime, until: datetime) -> dict[str, Any]:
    return {
        "iss": signer.url,
        "aud": bound.recipient,
        "sub": str(bound.subject),
        "iat": int(now.timestamp()),
        "exp": int(until.timestamp()),
        "jti": str(bound.request_id),
        "request": str(bound.request_id),
        "question": encoded(bound.digest),
        "outcome": outcome,
    }
