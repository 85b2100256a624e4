"""What is checked while a document streams past, before a byte of it is kept: size, and real type from the bytes."""

from contracts.documents import DEPOSITABLE, MediaType
from vault.errors import DocumentTooLarge, EmptyDocument, LengthMismatch, MediaTypeMismatch, MediaTypeRefused

MAGIC: dict[MediaType, bytes] = {
    MediaType.PDF: b"%PDF-",
    MediaType.JPEG: b"\xff\xd8\xff",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n",
}
"""First bytes of each type (ISO 32000-2 7.5.2, ISO 10918-1 B.1.1.3, PNG 5.2), looked for at offset 0 only."""

_LONGEST = max(len(magic) for magic in MAGIC.values())


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
        if announced not in set(DEPOSITABLE):
            raise MediaTypeRefused
        self.media_type = MediaType(announced)
        self._length = length
        self._seen = 0
        self._head = b""

    def update(self, chunk: bytes) -> None:
        """Look at the next bytes; raises :class:`LengthMismatch` or a type error as early as it is certain."""
        self._seen += len(chunk)
        if self._seen > self._length:
            raise LengthMismatch(f"more than the {self._length} bytes announced")
        if len(self._head) < _LONGEST:
            self._head += chunk[: _LONGEST - len(self._head)]
            if len(self._head) == _LONGEST:
                self._check_type()

    def finish(self) -> None:
        """Check what can only be known at the end; raises :class:`LengthMismatch` or a type error."""
        if self._seen != self._length:
            raise LengthMismatch(f"{self._seen} of {self._length} bytes arrived")
        if len(self._head) < _LONGEST:
            self._check_type()

    def _check_type(self) -> None:
        found = next((kind for kind, magic in MAGIC.items() if self._head.startswith(magic)), None)
        if found is None:
            raise MediaTypeRefused
        if found is not self.media_type:
            raise MediaTypeMismatch(f"announced {self.media_type}, found {found}")
