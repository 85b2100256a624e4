"""Read one document: bytes in, a reading out; runs inside the limited child, touches nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import puremagic

from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from vault.documents.intake import HEAD_BYTES, real_type
from vault.ingest import classify, codes, extract, images, looks, masking, pages, pdf, rebuild
from vault.ingest.classify import Classification
from vault.ingest.extract import Extract
from vault.ingest.ocr import Engine
from vault.ingest.pages import Page
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import DocumentRefused, Reason
from vault.ingest.rule_scanner import own_rules
from vault.ingest.scanning import Scan, gravest, weighed
from vault.ingest.sight import Legibility
from vault.ingest.words import Word
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
_ANOTHER_KIND, _NO_TEXT, _UNREADABLE, _NONE = "another_kind", "no_text", "unreadable", EvidenceType.UNKNOWN
_SAFE = Finding("safety", Outcome.PASSED, Reason.READ.value)


def read(data: bytes, announced: MediaType, *, trust: TrustStore, today: date, engine: Engine | None = None) -> Reading:
    """Return the reading of ``data``, announced as ``announced``, as of ``today``; ``engine`` reads what is pixels.

    The type is decided by two opinions on the bytes and by a full parse, never by the announcement. A refusal is a
    reading too; what this function does raise (``MemoryError`` among others) means that the document broke the reader.
    """
    if not data:
        return Reading.refused(Reason.EMPTY)
    scans = [own_rules().scan(data)]
    reading = _read(data, announced, scans, _Means(trust, today, engine))
    return weighed(reading, [gravest(scans)])


@dataclass(frozen=True, slots=True)
class _Means:
    """What reading has to go by besides the bytes."""

    trust: TrustStore
    today: date
    engine: Engine | None


def _read(data: bytes, announced: MediaType, scans: list[Scan], means: _Means) -> Reading:
    """Return the reading; ``scans`` grows by what is scanned on the way."""
    media_type = real_type(data[:HEAD_BYTES])
    if media_type is None:
        return Reading.refused(Reason.UNSUPPORTED_TYPE)
    if media_type is not announced or not _second_opinion_agrees(data, media_type):
        return Reading.refused(Reason.TYPE_MISMATCH, media_type=media_type)
    try:
        if media_type is MediaType.PDF:
            return _read_pdf(data, scans, means)
        return _read_photo(data, media_type, means)
    except DocumentRefused as refusal:
        return Reading.refused(refusal.reason, media_type=media_type)


def _second_opinion_agrees(data: bytes, media_type: MediaType) -> bool:
    try:
        names = {match.mime_type for match in puremagic.magic_string(data)}
    except puremagic.PureError:
        # It has not heard of every brand of HEIC; the full parse still has to agree.
        return media_type is MediaType.HEIC
    return bool(names & _SECOND_NAMES[media_type])


def _read_photo(data: bytes, media_type: MediaType, means: _Means) -> Reading:
    photo = rebuild.flattened(images.open_photo(data, media_type))
    found = codes.find(photo, patient=True)
    seal = codes.judge(found, means.trust, on=means.today)
    page = pages.of_photo(photo, means.engine)
    reading = Reading(
        Reason.READ,
        media_type,
        pages=1,
        findings=(_SAFE, *pages.findings([page], means.engine, layered=False)),
        viewing_media_type=MediaType.JPEG,
        looks=looks.looks_of([photo], on_a_table=True),
    )
    concluded = _concluded(reading, seal, [page])
    masking.mask_codes(photo, found)
    return replace(concluded, viewing_copy=rebuild.jpeg_copy(page.copied()))


def _read_pdf(data: bytes, scans: list[Scan], means: _Means) -> Reading:
    with pdf.opened(data) as document:
        dpi = pdf.dpi_for(document)
        drawn = pdf.drawn(document, dpi=dpi)
        attached = pdf.attached(document)
    scans += map(own_rules().scan, attached)
    found = [
        codes.find(page.image, patient=page.masked is masking.Masked.NO_TEXT) for page in drawn[: pdf.SEARCHED_PAGES]
    ]
    visible = codes.judge(chain(*found), means.trust, on=means.today)
    signature = pades.verify(data, means.trust.roots, on=means.today)
    read_pages = pages.of_pdf(drawn, means.engine)
    reading = Reading(
        Reason.READ,
        MediaType.PDF,
        pages=len(drawn),
        findings=(
            _SAFE,
            *pages.findings(read_pages, means.engine, layered=True),
            _attachment_finding(len(attached)),
        ),
        viewing_media_type=MediaType.PDF,
        looks=looks.looks_of([page.picture for page in read_pages], on_a_table=False),
    )
    concluded = _concluded(reading, _weightier(visible, signature), read_pages)
    for page, its_codes in zip(drawn, found, strict=False):
        masking.mask_codes(page.image, its_codes)
    return replace(concluded, viewing_copy=pages.copy_of(read_pages, dpi=dpi))


def _concluded(reading: Reading, seal: SealVerdict, read_pages: Sequence[Page]) -> Reading:
    """Add to ``reading`` what seal and words say together."""
    words = [word for page in read_pages for word in page.words]
    said = _kind_of(words, read_pages)
    findings = [*reading.findings]
    if seal.outcome is Outcome.PASSED and seal.document_type:
        comparison = _compare(seal, words, said)
        findings.append(comparison)
        if comparison.outcome is not Outcome.PASSED:
            # A seal that the page was not seen to say is never passed on: it may have been pasted there.
            unread = comparison.reason in (_NO_TEXT, _UNREADABLE)
            reason = SealReason.TEXT_UNREAD if unread else SealReason.TEXT_DIFFERS
            seal = replace(seal, outcome=comparison.outcome, reason=reason)
    found = _extract(seal, said, words)
    known = found.evidence_type is not EvidenceType.UNKNOWN
    # A signature vouches for the bytes, not for what an engine made of their pixels.
    sealed = seal.outcome is Outcome.PASSED and (bool(seal.document_type) or found.exact)
    findings.append(Finding("seal", seal.outcome, seal.reason.value))
    findings.append(Finding("kind", Outcome.PASSED if known else Outcome.INCONCLUSIVE, found.evidence_type.value))
    findings.append(_sureness(found, said))
    return replace(
        reading,
        evidence_type=found.evidence_type,
        grade=Grade.SEALED if sealed and known else Grade.SELF_DECLARED,
        seal=replace(seal, fields={}),
        issued_on=found.issued_on,
        fields=masking.scrubbed(found.fields),
        places={name: read_pages[place.page].place(place) for name, place in found.places.items()},
        findings=tuple(findings),
    )


def _kind_of(words: Sequence[Word], read_pages: Sequence[Page]) -> Classification:
    """Return the kind the words show; none of a picture of a screen, which shows whatever its owner likes."""
    if any(page.legibility is Legibility.PHOTO_OF_SCREEN for page in read_pages):
        return classify.NOTHING
    return classify.classify(words)


def _sureness(found: Extract, said: Classification) -> Finding:
    """Return how sure the kind is: as sure as its seal, or as the words make it; in hundredths."""
    sure = 1.0 if found.evidence_type is not said.evidence_type else said.confidence
    known = found.evidence_type is not EvidenceType.UNKNOWN
    return Finding("kind_confidence", Outcome.PASSED if known else Outcome.INCONCLUSIVE, f"{sure if known else 0:.2f}")


def _extract(seal: SealVerdict, said: Classification, words: Sequence[Word]) -> Extract:
    """Return the values of a visible seal that holds; of the words otherwise, but none under a seal that failed."""
    if seal.outcome is Outcome.PASSED and seal.document_type:
        return extract.from_seal(seal, words)
    if seal.reason is SealReason.TEXT_UNREAD and said.evidence_type is _NONE:
        # The seal says what kind it would be: an agent gets to see it, and nothing rests on it before.
        return Extract(extract.SEALED_TYPES.get(seal.document_type, _NONE))
    found = extract.from_words(said.evidence_type, words)
    return replace(found, fields={}, places={}) if seal.outcome is Outcome.FAILED else found


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


def _compare(seal: SealVerdict, words: Sequence[Word], said: Classification) -> Finding:
    """Compare what the seal says with what the page says, as far as it was read."""
    if not words:
        return Finding("seal_and_text", Outcome.INCONCLUSIVE, _NO_TEXT)
    outcome = extract.agrees(seal, words)
    if outcome is not Outcome.FAILED and classify.contradicts(
        extract.SEALED_TYPES.get(seal.document_type, _NONE), said
    ):
        return Finding("seal_and_text", Outcome.INCONCLUSIVE, _ANOTHER_KIND)
    reason = {Outcome.PASSED: "same", Outcome.FAILED: SealReason.TEXT_DIFFERS.value}.get(outcome, _UNREADABLE)
    return Finding("seal_and_text", outcome, reason)
