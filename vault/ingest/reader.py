"""Read one document: bytes in, a reading out; runs inside the limited child, touches nothing else."""

from dataclasses import replace
from datetime import date
from itertools import chain

import puremagic

from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from vault.documents.intake import HEAD_BYTES, real_type
from vault.ingest import codes, extract, images, masking, pdf, rebuild
from vault.ingest.extract import Extract
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import DocumentRefused, Reason
from vault.ingest.rule_scanner import own_rules
from vault.ingest.scanning import Scan, weighed
from vault.seals import pades
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

_SECOND_NAMES: dict[MediaType, frozenset[str]] = {
    MediaType.PDF: frozenset({"application/pdf"}),
    MediaType.JPEG: frozenset({"image/jpeg"}),
    MediaType.PNG: frozenset({"image/png"}),
    # The second opinion knows most brands of picture by name, and the rest of them as the container they are.
    MediaType.HEIC: frozenset({"image/heic", "image/heif", "video/mp4"}),
}
_SAFE = Finding("safety", Outcome.PASSED, Reason.READ.value)


def read(data: bytes, announced: MediaType, *, trust: TrustStore, today: date) -> Reading:
    """Return the reading of ``data``, announced as ``announced``, as of ``today``.

    The type is decided by two opinions on the bytes and by a full parse, never by the announcement. A refusal is a
    reading too; what this function does raise (``MemoryError`` among others) means that the document broke the reader.
    """
    if not data:
        return Reading.refused(Reason.EMPTY)
    scans = [own_rules().scan(data)]
    reading = _read(data, announced, scans, trust=trust, today=today)
    return weighed(reading, [max(scans, key=_weight)])


def _read(data: bytes, announced: MediaType, scans: list[Scan], *, trust: TrustStore, today: date) -> Reading:
    """Return the reading; ``scans`` grows by what is scanned on the way."""
    media_type = real_type(data[:HEAD_BYTES])
    if media_type is None:
        return Reading.refused(Reason.UNSUPPORTED_TYPE)
    if media_type is not announced or not _second_opinion_agrees(data, media_type):
        return Reading.refused(Reason.TYPE_MISMATCH, media_type=media_type)
    try:
        if media_type is MediaType.PDF:
            return _read_pdf(data, scans, trust=trust, today=today)
        return _read_photo(data, media_type, trust=trust, today=today)
    except DocumentRefused as refusal:
        return Reading.refused(refusal.reason, media_type=media_type)


def _second_opinion_agrees(data: bytes, media_type: MediaType) -> bool:
    try:
        names = {match.mime_type for match in puremagic.magic_string(data)}
    except puremagic.PureError:
        # It has not heard of every brand of HEIC; the full parse still has to agree.
        return media_type is MediaType.HEIC
    return bool(names & _SECOND_NAMES[media_type])


def _weight(scan: Scan) -> int:
    return (Reason.READ, Reason.ACTIVE_CONTENT, Reason.NOT_SCANNED, Reason.MALWARE).index(scan.reason)


def _read_photo(data: bytes, media_type: MediaType, *, trust: TrustStore, today: date) -> Reading:
    photo = rebuild.flattened(images.open_photo(data, media_type))
    found = codes.find(photo)
    seal = codes.judge(found, trust, on=today)
    masking.mask_codes(photo, found)
    reading = Reading(
        Reason.READ,
        media_type,
        pages=1,
        findings=(_SAFE, masking.finding([masking.Masked.NO_TEXT])),
        viewing_media_type=MediaType.JPEG,
        viewing_copy=rebuild.jpeg_copy(photo),
    )
    return _concluded(reading, seal, text="")


def _read_pdf(data: bytes, scans: list[Scan], *, trust: TrustStore, today: date) -> Reading:
    with pdf.opened(data) as document:
        text = pdf.text_of(document)
        dpi = pdf.dpi_for(document)
        pages = pdf.drawn(document, dpi=dpi)
        attached = pdf.attached(document)
    scans += map(own_rules().scan, attached)
    found = [codes.find(page.image) for page in pages[: pdf.SEARCHED_PAGES]]
    visible = codes.judge(chain(*found), trust, on=today)
    for page, its_codes in zip(pages, found, strict=False):
        masking.mask_codes(page.image, its_codes)
    signature = pades.verify(data, trust.roots, on=today)
    reading = Reading(
        Reason.READ,
        MediaType.PDF,
        pages=len(pages),
        findings=(_SAFE, masking.finding(page.masked for page in pages), _attachment_finding(len(attached))),
        viewing_media_type=MediaType.PDF,
        viewing_copy=rebuild.pdf_copy([page.image for page in pages], dpi=dpi),
    )
    return _concluded(reading, _weightier(visible, signature), text=text)


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
