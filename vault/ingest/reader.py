"""Read one document: bytes in, a reading out; runs inside the limited child, touches nothing else."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from PIL.Image import Image

from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from vault.ingest import codes, extract, images, pdf, rebuild
from vault.ingest.extract import Extract
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import DocumentRefused, Reason
from vault.seals import pades
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

_MAGIC: tuple[tuple[bytes, MediaType], ...] = (
    (b"%PDF-", MediaType.PDF),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
)
_SAFE = Finding("safety", Outcome.PASSED, Reason.READ.value)


def read(data: bytes, announced: MediaType, *, trust: TrustStore, today: date) -> Reading:
    """Return the reading of ``data``, announced as ``announced``, as of ``today``.

    The type is decided by the first bytes and by a full parse, never by the announcement. A refusal is a reading too;
    what this function does raise (``MemoryError`` among others) means that the document broke the reader.
    """
    media_type = real_type(data)
    if not data:
        return Reading.refused(Reason.EMPTY)
    if media_type is None:
        return Reading.refused(Reason.UNSUPPORTED_TYPE)
    if media_type is not announced:
        return Reading.refused(Reason.TYPE_MISMATCH, media_type=media_type)
    try:
        if media_type is MediaType.PDF:
            return _read_pdf(data, trust=trust, today=today)
        return _read_photo(data, media_type, trust=trust, today=today)
    except DocumentRefused as refusal:
        return Reading.refused(refusal.reason, media_type=media_type)


def real_type(data: bytes) -> MediaType | None:
    """Return the type that the very first bytes show, or none of ours."""
    return next((media_type for magic, media_type in _MAGIC if data.startswith(magic)), None)


def _read_photo(data: bytes, media_type: MediaType, *, trust: TrustStore, today: date) -> Reading:
    photo = images.open_photo(data, media_type)
    seal = codes.judge(codes.find(photo), trust, on=today)
    reading = Reading(
        Reason.READ,
        media_type,
        pages=1,
        findings=(_SAFE,),
        viewing_media_type=MediaType.JPEG,
        viewing_copy=rebuild.jpeg_copy(photo),
    )
    return _concluded(reading, seal, text="")


def _read_pdf(data: bytes, *, trust: TrustStore, today: date) -> Reading:
    with pdf.opened(data) as document:
        text = pdf.text_of(document)
        dpi = pdf.dpi_for(document)
        pages = pdf.drawn(document, dpi=dpi)
        attached = pdf.attachments(document)
    visible = codes.judge(_codes_of(pages[: pdf.SEARCHED_PAGES]), trust, on=today)
    signature = pades.verify(data, trust.roots, on=today)
    reading = Reading(
        Reason.READ,
        MediaType.PDF,
        pages=len(pages),
        findings=(_SAFE, _attachment_finding(attached)),
        viewing_media_type=MediaType.PDF,
        viewing_copy=rebuild.pdf_copy(pages, dpi=dpi),
    )
    return _concluded(reading, _weightier(visible, signature), text=text)


def _codes_of(pages: Iterable[Image]) -> list[bytes]:
    return [code for page in pages for code in codes.find(page)]


def _concluded(reading: Reading, seal: SealVerdict, *, text: str) -> Reading:
    """Add to ``reading`` what seal and text say together."""
    findings = [*reading.findings]
    if seal.outcome is Outcome.PASSED and seal.document_type:
        comparison = _compare(seal, text)
        findings.append(comparison)
        if comparison.outcome is Outcome.FAILED:
            seal = replace(seal, outcome=Outcome.FAILED, reason=SealReason.TEXT_DIFFERS)
    found = _extract(seal, text)
    sealed = seal.outcome is Outcome.PASSED
    known = found.evidence_type is not EvidenceType.UNKNOWN
    findings.append(Finding("seal", seal.outcome, seal.reason.value))
    findings.append(Finding("kind", Outcome.PASSED if known else Outcome.INCONCLUSIVE, found.evidence_type.value))
    return replace(
        reading,
        evidence_type=found.evidence_type,
        grade=Grade.SEALED if sealed and known else Grade.SELF_DECLARED,
        seal=replace(seal, fields={}),
        issued_on=found.issued_on,
        fields=found.fields,
        findings=tuple(findings),
    )


def _extract(seal: SealVerdict, text: str) -> Extract:
    """Return the values of a visible seal that holds; of the text otherwise, but none under a seal that failed."""
    if seal.outcome is Outcome.PASSED and seal.document_type:
        return extract.from_seal(seal)
    found = extract.from_text(text)
    return replace(found, fields={}) if seal.outcome is Outcome.FAILED else found


def _weightier(visible: SealVerdict, signature: SealVerdict) -> SealVerdict:
    """Return the verdict that counts when a PDF may carry both kinds of seal: failed, then passed, then the rest."""
    present = [verdict for verdict in (visible, signature) if verdict is not NO_SEAL]
    for outcome in (Outcome.FAILED, Outcome.PASSED, Outcome.INCONCLUSIVE):
        for verdict in present:
            if verdict.outcome is outcome:
                return verdict
    return NO_SEAL


def _attachment_finding(attached: int) -> Finding:
    if attached:
        return Finding("attachments", Outcome.INCONCLUSIVE, "attachments_left_out")
    return Finding("attachments", Outcome.PASSED, "none")


def _compare(seal: SealVerdict, text: str) -> Finding:
    """Compare what the seal says with what the page says; a photograph has no text to compare with yet."""
    if not text.strip():
        return Finding("seal_and_text", Outcome.INCONCLUSIVE, "no_text")
    if extract.agrees(seal, text):
        return Finding("seal_and_text", Outcome.PASSED, "same")
    return Finding("seal_and_text", Outcome.FAILED, SealReason.TEXT_DIFFERS.value)
