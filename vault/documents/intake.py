"""What is checked while a document streams past, before a byte of it is kept: size, and real type from the bytes."""

from contracts.documents import ANNOUNCED, MediaType
from vault.errors import DocumentTooLarge, EmptyDocument, LengthMismatch, MediaTypeMismatch, MediaTypeRefused

MAGIC: dict[MediaType, bytes] = {
    MediaType.PDF: b"%PDF-",
    MediaType.JPEG: b"\xff\xd8\xff",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n",
}
"""First bytes of each type (ISO 32000-2 7.5.2, ISO 10918-1 B.1.1.3, PNG 5.2), looked for at offset 0 only."""
HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
"""Brands of still pictures coded in HEVC (ISO/IEC 23008-12, annex B); films and AV1 pictures have others."""
_ANY_CODING = b"mif1"
HEAD_BYTES = 128
"""Enough for the first box of any HEIC that telephones write: its brands."""


class Intake:
    """Watches one announced document arrive; raises at the first byte that makes it impossible."""

    def __init__(self, *, announced: str, length: int, limit: int) -> None:
        """Refuse what the announcement alone rules out.

        Raises :class:`EmptyDocument`, :class:`DocumentTooLarge` and :class:`MediaTypeRefused`.
        """
        if length == 0:
            raise EmptyDocument
        if length > limit:
            raise DocumentTooLarge(f"{length} bytes announced, limit {limit}")
        if announced not in ANNOUNCED:
            raise MediaTypeRefused
        self.media_type = ANNOUNCED[announced]
        self._length = length
        self._seen = 0
        self._head = b""

    def update(self, chunk: bytes) -> None:
        """Look at the next bytes; raises :class:`LengthMismatch` or a type error as early as it is certain."""
        self._seen += len(chunk)
        if self._seen > self._length:
            raise LengthMismatch(f"more than the {self._length} bytes announced")
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
            if len(self._head) == HEAD_BYTES:
                self._check_type()

    def finish(self) -> None:
        """Check what can only be known at the end; raises :class:`LengthMismatch` or a type error."""
        if self._seen != self._length:
            raise LengthMismatch(f"{self._seen} of {self._length} bytes arrived")
        if len(self._head) < HEAD_BYTES:
            self._check_type()

    def _check_type(self) -> None:
        found = real_type(self._head)
        if found is None:
            raise MediaTypeRefused
        if found is not self.media_type:
            raise MediaTypeMismatch(f"announced {self.media_type}, found {found}")


def real_type(head: bytes) -> MediaType | None:
    """Return the type that the first :data:`HEAD_BYTES` of a document show, or none of ours."""
    if _is_heic(head):
        return MediaType.HEIC
    return next((kind for kind, magic in MAGIC.items() if head.startswith(magic)), None)


def _is_heic(head: bytes) -> bool:
    """Tell whether the first box names the brand of an HEVC picture (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return False
    box = head[: int.from_bytes(head[:4])][:HEAD_BYTES]
    brands = {box[at : at + 4] for at in range(16, len(box) - 3, 4)}
    return box[8:12] in HEVC_BRANDS or (box[8:12] == _ANY_CODING and bool(brands & HEVC_BRANDS))
