"""The partners' door: a token, a question, and what the law or the family allows them to have."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from contracts.answers import Gives
from contracts.identifiers import PartnerPseudonym
from hub.api.answer_shapes import AnswerShape, AskShape, OfferedShape
from hub.api.authorisation import CallerDep, DoorDep
from hub.api.questions import QuestionDep
from hub.api.shapes import FamilyAskedShape, FamilyAskShape, Shape
from hub.bootstrap import ReleaseDoor
from hub.deposits.export import archive
from hub.deposits.export import spend as leave
from hub.deposits.once import Attempt, once
from hub.deposits.preview import spend
from hub.errors import OutsideAgreement, OutsideGrant
from hub.linking.links import own_line
from hub.partners.credentials import Caller
from hub.releases.asked import Asked
from hub.releases.asking import Answer, AnswerKind, Desk, ask, fetch, may_ask, said_before
from hub.school_files.asks import ask_family, keep_refusal, refuse
from vault.crypto.envelope import WHOLE_LIMIT
from vault.db import WriteTx
from vault.documents.opening import Opened

router = APIRouter(tags=["partners"])
_WANTS = {"answer": Gives.ANSWER, "documents": Gives.DOCUMENT, None: None}

RetryKey = Annotated[str | None, Header(min_length=8, max_length=130)]
"""``Idempotency-Key``: a retry under it has the answer of the first request, and no second effect."""
_KEPT_OF_ANSWER = {"outcome", "request", "evidence", "awaited", "until", "effect_waits_for", "receipt"}
"""What is kept with a key: handles, kinds and dates. What an answer says of a family is not: it lies with its release."""


@router.post(
    "/hub/v1/evidence-requests",
    response_model=AnswerShape,
    responses={202: {"model": AnswerShape, "description": "Not yet"}},
)
def ask_evidence(
    asked: AskShape, digest: QuestionDep, door: DoorDep, caller: CallerDep, idempotency_key: RetryKey = None
) -> Response:
    """Ask for what a procedure needs: an answer or documents, « not yet » with what is awaited, or a signed « none »."""
    question = Asked(
        subject=PartnerPseudonym(asked.subject),
        service=asked.service,
        requirement=asked.requirement,
        purpose=asked.purpose,
        on_behalf_of=asked.on_behalf_of,
        wants=_WANTS[asked.wants],
        digest=digest,
    )
    with once_for(door, caller, idempotency_key, AskShape, digest) as attempt:
        if attempt.stored is not None:
            with door.custody.db.read() as tx:
                # What was answered once is said again only to whom it may still be said.
                may_ask(tx, caller, question, now=door.custody.now())
                signed = said_before(tx, caller, attempt.stored.response)
            return _told(
                AnswerShape.model_validate({**attempt.stored.response, "signed": signed}), attempt.stored.status
            )

        def keep(tx: WriteTx, answer: Answer) -> None:
            kept = _KEPT_OF_ANSWER if answer.kind is AnswerKind.ANSWER else {*_KEPT_OF_ANSWER, "signed"}
            told = _shape(answer).model_dump(mode="json", include=kept)
            attempt.settle(tx, status=_status(answer), response=told)

        answer = ask(Desk(door.custody, door.catalogue, door.answers), caller, question, keep=keep)
    return _told(_shape(answer), _status(answer))


@router.post("/hub/v1/family-asks", status_code=201)
def ask_of_family(
    told: FamilyAskShape, digest: QuestionDep, door: DoorDep, caller: CallerDep, idempotency_key: RetryKey = None
) -> FamilyAskedShape:
    """Have a family asked, once, for what the hub neither holds nor can obtain; anything else is refused, and counted."""
    now, whose = door.custody.now(), {"on_behalf_of": told.on_behalf_of}
    asked = FamilyAskedShape(
        subject=told.subject,
        requirement=told.requirement,
        fr="La famille voit votre demande dans son dossier scolaire.",
        en="The family sees your question in its school file.",
    )
    with door.custody.db.read() as reading:
        line_id = own_line(reading, caller.siret, told.subject)
    with once_for(door, caller, idempotency_key, FamilyAskShape, digest) as attempt:
        if attempt.stored is not None:
            return asked
        try:
            with door.custody.db.transaction() as tx:
                spared = ask_family(tx, door.catalogue, caller, line_id, told.requirement, **whose, now=now)
                if spared is None:
                    attempt.settle(tx, status=201, response={})
        except (OutsideAgreement, OutsideGrant) as refusal:
            with door.custody.db.transaction() as tx:
                keep_refusal(tx, caller, line_id, refusal, **whose)
            raise
        if spared is not None:
            raise refuse(spared)
    return asked


@router.get(
    "/hub/v1/evidence/{handle}/content",
    response_class=Response,
    responses={
        200: {
            "description": "The rebuilt copy of a paper, or the record that was pulled",
            "headers": {
                "Release-Receipt": {"description": "Number of this hand-over.", "schema": {"type": "string"}},
                "Repr-Digest": {"description": "RFC 9530; of what is held in memory.", "schema": {"type": "string"}},
            },
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("application/pdf", "image/jpeg", "image/png", "application/json")
            },
        }
    },
)
def fetch_evidence(handle: UUID, request: UUID, door: DoorDep, caller: CallerDep) -> Response:
    """Hand over what was offered in the answer ``request``: the rebuilt copy, verified whole before it leaves."""
    ordered, opened = fetch(door.custody, door.catalogue, caller, handle=handle, request_id=request)
    return opened_body(opened, {"release-receipt": str(ordered.release_id)})


@router.get("/previews/{ticket}", include_in_schema=False)
def preview(ticket: str, door: DoorDep) -> Response:
    """Show a person their own paper, once per ticket."""
    return opened_body(spend(door.custody, ticket), {"content-disposition": "inline"})


@router.get("/exports/{ticket}", include_in_schema=False)
def export(ticket: str, door: DoorDep) -> Response:
    """Give a person everything of theirs as one ZIP, once per ticket; a fault on the way cuts it without a clean end."""
    leaving = leave(door.custody, ticket)
    chunks = archive(door.custody, door.catalogue, leaving, journal_key=door.journal_key)
    headers = {"content-disposition": 'attachment; filename="une-fois.zip"', "cache-control": "no-store"}
    return StreamingResponse(_started(chunks), media_type="application/zip", headers=headers)


def opened_body(opened: Opened, headers: dict[str, str]) -> Response:
    """Answer with an opened document.

    A small one carries its digest (RFC 9530) and was verified in memory; a large one was verified in a first pass,
    and a fault in the second cuts the connection without a clean end.
    """
    headers |= {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox",
        "referrer-policy": "no-referrer",
    }
    if opened.length > WHOLE_LIMIT:
        headers["content-length"] = str(opened.length)
        return StreamingResponse(_started(opened.chunks), media_type=opened.media_type, headers=headers)
    content = b"".join(opened.chunks)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers["repr-digest"] = f"sha-256=:{digest}:"
    return Response(content, media_type=opened.media_type, headers=headers)


def _started(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Take the first chunk now, while a refusal can still be a problem document."""
    first = next(chunks)

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def once_for(
    door: ReleaseDoor, caller: Caller, key: str | None, kind: type[Shape], digest: bytes
) -> AbstractContextManager[Attempt]:
    """Handle a partner's request once under its key; see :func:`hub.deposits.once.once`.

    By the exact body: a signed answer is bound to it, so another spelling of the same question is another question.
    """
    return once(door.custody, f"partner:{caller.siret}", key, kind.__name__.encode(), digest)


def _told(shape: AnswerShape, status: int) -> Response:
    # Written here, in the thread that found it: the framework would go to another one to check it and to write it.
    return Response(shape.model_dump_json(by_alias=True), status, media_type="application/json")


def _status(answer: Answer) -> int:
    return 202 if answer.kind is AnswerKind.PENDING else 200


def _shape(answer: Answer) -> AnswerShape:
    return AnswerShape(
        outcome=answer.kind.value,
        request=answer.request_id,
        evidence=[
            OfferedShape(
                id=offered.handle,
                type=offered.evidence_type,
                grade=offered.grade,
                media_type=offered.media_type,
                issued_on=offered.issued_on,
                form=offered.form.value,
                href=f"/hub/v1/evidence/{offered.handle}/content?request={answer.request_id}",
            )
            for offered in answer.offered
        ],
        awaited=list(answer.awaited),
        until=answer.until,
        effect_waits_for=answer.effect_waits_for,
        signed=answer.signed,
        receipt=None if answer.release_id is None else f"/hub/v1/releases/{answer.release_id}/receipt",
    )
