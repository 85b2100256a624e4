"""Every refusal becomes a problem document (RFC 9457), by one table from reason to problem type."""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.problems import PROBLEMS, ProblemType
from hub import errors as hub_errors
from vault import errors as vault_errors
from vault.crypto.errors import KeyRefused, RecordAltered, SealBroken
from vault.storage.errors import ObjectMissing, ShortBody, StorageFull, StoreRefused, StoreUnavailable
from vault.uploads import errors as upload_errors

_LOG = logging.getLogger("unefois.door")
MEDIA_TYPE = "application/problem+json"
CORRELATION_HEADER = "x-correlation-id"
STOPPED_RETRY_AFTER = "300"
"""Seconds; nobody knows how long a stop lasts, and partners need not ask all the time."""

REASONS: dict[type[Exception], str] = {
    hub_errors.SignInRequired: "sign-in-required",
    hub_errors.SignInFailed: "sign-in-failed",
    hub_errors.SignInStale: "sign-in-stale",
    hub_errors.LevelTooLow: "level-too-low",
    hub_errors.AccountsDiffer: "accounts-differ",
    hub_errors.AccountsFull: "accounts-full",
    hub_errors.NothingHere: "not-found",
    hub_errors.InvalidValue: "invalid",
    hub_errors.CrossSite: "cross-site",
    hub_errors.LengthRequired: "length-required",
    hub_errors.IdempotencyKeyMissing: "idempotency-key-missing",
    hub_errors.IdempotencyKeyInFlight: "idempotency-key-in-flight",
    hub_errors.IdempotencyKeyReused: "idempotency-key-reused",
    hub_errors.IdempotencyAnswerLost: "idempotency-answer-lost",
    hub_errors.AlreadyRequested: "already-requested",
    hub_errors.ServedElsewhere: "served-elsewhere",
    hub_errors.NeverAskTwice: "never-ask-twice",
    hub_errors.AgentSignInRequired: "agent-sign-in-required",
    hub_errors.AgentUnknown: "agent-unknown",
    hub_errors.PipelinesAway: "pipelines-away",
    hub_errors.ReviewTaken: "review-taken",
    hub_errors.ReviewNotTaken: "review-not-taken",
    hub_errors.OpinionGiven: "opinion-given",
    hub_errors.NoGround: "no-ground",
    hub_errors.StepRefused: "conflict",
    hub_errors.OutsideAgreement: "outside-agreement",
    hub_errors.NotHabilitated: "not-habilitated",
    hub_errors.ReleasesStopped: "releases-stopped",
    hub_errors.UnderMaintenance: "maintenance",
    hub_errors.QuotaExceeded: "quota-exceeded",
    hub_errors.TooManyCodes: "too-many-codes",
    hub_errors.AnswerOnly: "answer-only",
    hub_errors.CopyNotMarked: "integrity",
    hub_errors.Superseded: "superseded",
    hub_errors.OutsideMandate: "outside-mandate",
    hub_errors.CodeRefused: "code-refused",
    hub_errors.InvalidClient: "invalid-client",
    hub_errors.InvalidToken: "invalid-token",
    hub_errors.TokenMissing: "token-missing",
    hub_errors.InvalidProof: "invalid-proof",
    hub_errors.ProofNonceNeeded: "proof-nonce-needed",
    hub_errors.OutsideGrant: "outside-grant",
    hub_errors.CursorGone: "cursor-gone",
    hub_errors.WebhookNotThere: "no-webhook",
    hub_errors.ExchangeInFlight: "conflict",
    hub_errors.PayloadDiffers: "conflict",
    hub_errors.NotRepeatable: "conflict",
    hub_errors.PartnerNotTold: "conflict",
    hub_errors.HeaderMalformed: "malformed",
    hub_errors.ProtocolVersionRefused: "upload-protocol",
    hub_errors.BodyTypeRefused: "body-type",
    hub_errors.ChecksumWrong: "checksum-mismatch",
    hub_errors.SenderGone: "length-mismatch",
    upload_errors.UploadUnknown: "not-found",
    upload_errors.UploadExpired: "upload-expired",
    upload_errors.UploadOffsetWrong: "upload-offset",
    upload_errors.UploadTaken: "upload-taken",
    upload_errors.UploadBroken: "integrity",
    upload_errors.TooManyUploads: "too-many-uploads",
    vault_errors.DatabaseUnavailable: "database-unavailable",
    vault_errors.ObjectCondemned: "took-too-long",
    vault_errors.KeyServiceUnavailable: "key-service-unavailable",
    vault_errors.DocumentUnknown: "not-found",
    vault_errors.DocumentNotAvailable: "conflict",
    vault_errors.DocumentHeld: "held",
    vault_errors.HoldUnknown: "not-found",
    vault_errors.TransitionRefused: "conflict",
    vault_errors.EntryMissing: "internal",
    vault_errors.EmptyDocument: "empty-body",
    vault_errors.DocumentTooLarge: "too-large",
    vault_errors.LengthMismatch: "length-mismatch",
    vault_errors.MediaTypeRefused: "unsupported-type",
    vault_errors.MediaTypeMismatch: "type-mismatch",
    ShortBody: "length-mismatch",
    StoreUnavailable: "store-unavailable",
    StorageFull: "storage-full",
    StoreRefused: "store-unavailable",
    ObjectMissing: "integrity",
    SealBroken: "integrity",
    RecordAltered: "integrity",
    KeyRefused: "integrity",
}
"""The one table; a test proves that every reason the doors can meet is in it."""

_CHALLENGES = {
    # RFC 6750 3.1: who sent no token is told what is wanted and nothing of an error.
    "token-missing": "",
    "invalid-token": "invalid_token",
    "invalid-proof": "invalid_dpop_proof",
    "proof-nonce-needed": "use_dpop_nonce",
    "outside-grant": "insufficient_scope",
}
"""What a partner's programme reads of a refused token (RFC 6750 3.1, RFC 9449 7.1 and 9)."""
_STATUSES = {404: "not-found", 405: "method-not-allowed", 401: "sign-in-required", 413: "too-large"}


def problem(kind: ProblemType, correlation: str, detail: str = "", **members: str) -> JSONResponse:
    """Return the problem document of ``kind``; ``detail`` and ``members`` hold words and handles of ours only."""
    body = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.title,
        "fr": kind.fr,
        "correlation_id": correlation,
    } | members
    headers = {CORRELATION_HEADER: correlation, "cache-control": "no-store"}
    if kind.name in _CHALLENGES:
        error = f'error="{_CHALLENGES[kind.name]}", ' if _CHALLENGES[kind.name] else ""
        headers["www-authenticate"] = f'DPoP {error}algs="ES256 EdDSA PS256"'
    return JSONResponse(body, kind.status, headers, MEDIA_TYPE)


def correlation_of(request: Request) -> str:
    """Return the identifier by which this request is found in the log."""
    found: str | None = getattr(request.state, "correlation", None)
    if found is None:
        found = request.state.correlation = uuid4().hex
    return found


Page = Callable[[Request, ProblemType, str], Response | None]
"""What shows a refusal to a person: a page, or nothing for a programme."""


def install(app: FastAPI, page: Page) -> None:
    """Answer every refusal and every fault of ``app``: with a page where a person looks, else a problem document."""
    app.state.problem_page = page
    for root in (hub_errors.HubError, vault_errors.VaultError):
        app.add_exception_handler(root, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)


def kind_of(error: Exception) -> ProblemType:
    """Return the problem type of a refusal; what the table does not have is an internal fault."""
    return PROBLEMS[REASONS.get(type(error), "internal")]


def _known(request: Request, error: Exception) -> Response:
    kind = kind_of(error)
    correlation = correlation_of(request)
    level = logging.ERROR if kind.status >= 500 else logging.INFO
    # Name of the reason only: a detail may carry what the caller sent.
    _LOG.log(level, "refused %s %s", type(error).__name__, correlation)
    members = {"surviving": str(error.surviving)} if isinstance(error, hub_errors.Superseded) else {}
    answer = refusal_of(request, kind, _public_detail(error), **members)
    if isinstance(error, hub_errors.ProofNonceNeeded):
        answer.headers["dpop-nonce"] = error.nonce
    if isinstance(error, hub_errors.ReleasesStopped):
        answer.headers["retry-after"] = STOPPED_RETRY_AFTER
    if isinstance(error, hub_errors.QuotaExceeded):
        answer.headers["retry-after"] = str(error.retry_after)
    return answer


def _public_detail(error: Exception) -> str:
    shown = (
        hub_errors.InvalidValue,
        hub_errors.CursorGone,
        hub_errors.HeaderMalformed,
        hub_errors.NoGround,
        hub_errors.OutsideAgreement,
        hub_errors.OutsideGrant,
        hub_errors.NeverAskTwice,
        hub_errors.ReleasesStopped,
    )
    return str(getattr(error, "detail", "")) if isinstance(error, shown) else ""


def _invalid(request: Request, error: Exception) -> Response:
    places: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else []
    # Field names and rules; never the value that was sent.
    detail = "; ".join(f"{'.'.join(str(part) for part in place['loc'])}: {place['type']}" for place in places[:5])
    if any(place["type"] == "json_invalid" for place in places):
        return refusal_of(request, PROBLEMS["malformed"])
    return refusal_of(request, PROBLEMS["invalid"], detail)


def _framework(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    name = _STATUSES.get(status, "malformed" if status < 500 else "internal")
    answer = refusal_of(request, PROBLEMS[name])
    if isinstance(error, HTTPException):
        # RFC 9110 15.5.6: an answer of 405 says in « Allow » what is allowed.
        answer.headers.update(error.headers or {})
    return answer


def refusal_of(request: Request, kind: ProblemType, detail: str = "", **members: str) -> Response:
    """Return a refusal as its reader can take it: a page where a person looks, else a problem document."""
    correlation = correlation_of(request)
    shown: Response | None = request.app.state.problem_page(request, kind, correlation)
    return problem(kind, correlation, detail, **members) if shown is None else shown
