"""Scan without reading, in the limited child: our own rules over a document and what is attached to it."""

from contracts.documents import MediaType
from vault.ingest import pdf
from vault.ingest.reading import Reading
from vault.ingest.reasons import DocumentRefused, Reason
from vault.ingest.rule_scanner import own_rules
from vault.ingest.scanning import gravest, weighed


def scanned(data: bytes, media_type: MediaType) -> Reading:
    """Return what our own rules say of ``data``; everything else of the reading is left empty."""
    scans = [own_rules().scan(data)]
    reading = Reading(Reason.READ, media_type)
    if media_type is MediaType.PDF:
        try:
            with pdf.opened(data) as document:
                scans += map(own_rules().scan, pdf.attached(document))
        except DocumentRefused as refusal:
            reading = Reading.refused(refusal.reason, media_type=media_type)
    return weighed(reading, [gravest(scans)])
