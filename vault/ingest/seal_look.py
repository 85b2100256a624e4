"""Look at nothing but the seals of a file: find them, verify them, compare them with the page; runs in the child."""

from dataclasses import replace
from datetime import date

from contracts.documents import MediaType, Outcome
from vault.documents.intake import HEAD_BYTES, real_type
from vault.ingest import codes, extract, images, masking, pdf, rebuild
from vault.ingest.reasons import DocumentRefused, Reason
from vault.ingest.seals_seen import SealsSeen
from vault.seals import pades
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict


def look(data: bytes, announced: MediaType, *, trust: TrustStore, today: date) -> SealsSeen:
    """Return the seals of ``data``; a file that cannot be opened, or is of another type, is a result too."""
    if real_type(data[:HEAD_BYTES]) is not announced:
        return SealsSeen(Reason.TYPE_MISMATCH)
    try:
        if announced is MediaType.PDF:
            return _in_pdf(data, trust, today)
        found = codes.find(rebuild.flattened(images.open_photo(data, announced)))
        return seen(codes.verdicts(found, trust, on=today))
    except DocumentRefused as refusal:
        return SealsSeen(refusal.reason)


def seen(verdicts: list[SealVerdict]) -> SealsSeen:
    """Return these verdicts and what they come to together."""
    return SealsSeen(Reason.READ, tuple(verdicts), codes.together(verdicts))


def _in_pdf(data: bytes, trust: TrustStore, today: date) -> SealsSeen:
    with pdf.opened(data) as document:
        text = pdf.text_of(document)
        pages = pdf.drawn(document, dpi=pdf.dpi_for(document))
    found = [
        code
        for page in pages[: pdf.SEARCHED_PAGES]
        for code in codes.find(page.image, patient=page.masked is masking.Masked.NO_TEXT)
    ]
    verdicts = [_beside(verdict, text) for verdict in codes.verdicts(found, trust, on=today)]
    signature = pades.verify(data, trust.roots, on=today)
    return seen(verdicts if signature is NO_SEAL else [*verdicts, signature])


def _beside(seal: SealVerdict, text: str) -> SealVerdict:
    """Return the verdict on ``seal`` once the text beside it was read; a page of pixels has none to compare with."""
    if seal.outcome is not Outcome.PASSED or not text.strip():
        return seal
    if extract.agrees(seal, extract.laid_out(text)) is Outcome.FAILED:
        return replace(seal, outcome=Outcome.FAILED, reason=SealReason.TEXT_DIFFERS, fields={}, withheld=())
    return seal
