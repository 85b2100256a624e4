"""A form with one file, read while it arrives (RFC 7578): nothing is spooled and the file is never held whole.

The page puts the file last, so that everything the deposit must know is read before its first byte. Its length is
what remains of ``Content-Length`` once the closing boundary, as browsers write it, is taken away; the deposit counts.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from hub.errors import InvalidValue
from vault.errors import LengthMismatch

HEAD_MAX = 16 * 1024
"""Bytes of everything before the file: a few short fields and headers."""
_FIELDS_MAX = 20


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What the fields say, and the file as a stream that can be read once."""

    fields: dict[str, str]
    file_name: str
    media_type: str
    length: int
    body: AsyncIterator[bytes] = field(repr=False)

    @property
    def without_file(self) -> bool:
        """Whether the sender chose no file: browsers then send a part without name and without bytes."""
        return not self.file_name and self.length == 0


async def open_form(
    stream: AsyncIterator[bytes], *, content_type: str, content_length: int, file_field: str
) -> UploadForm:
    """Read the fields, stop at the first byte of the file, and return both.

    Raises :class:`InvalidValue` where this is no such form: no boundary, no file, too much before it. While the body
    is read: :class:`InvalidValue` for anything after the file, and
    :class:`LengthMismatch` where the form ends before its closing boundary.
    """
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidValue("form: multipart/form-data with a boundary")
    reader = _Reader(boundary, file_field)
    rest = await _read_head(reader, stream)
    length = content_length - reader.seen - len(b"\r\n--" + boundary + b"--\r\n")
    return UploadForm(
        fields=reader.fields,
        file_name=reader.file_name,
        media_type=reader.media_type,
        length=max(length, 0),
        body=_file(reader, rest, stream),
    )


async def _read_head(reader: "_Reader", stream: AsyncIterator[bytes]) -> bytes:
    """Feed the reader until the file begins; return what came with that chunk after it."""
    async for chunk in stream:
        # One byte at a time, so that the place where the file begins is known without the parser's inner state.
        for index in range(len(chunk)):
            reader.write(chunk[index : index + 1])
            if reader.in_file:
                return chunk[index + 1 :]
            if reader.ended:
                raise InvalidValue("form: the file is missing")
            if reader.seen > HEAD_MAX:
                raise InvalidValue("form: too much before the file")
    raise InvalidValue("form: ends before the file")


async def _file(reader: "_Reader", rest: bytes, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    reader.write(rest)
    for ready in reader.take():
        yield ready
    async for chunk in stream:
        reader.write(chunk)
        for ready in reader.take():
            yield ready
    if not reader.ended:
        raise LengthMismatch("the form ends before its closing boundary")


class _Reader:
    """Collects what the push parser calls back with: short fields before the file, then the file's own bytes."""

    def __init__(self, boundary: bytes, file_field: str) -> None:
        self.fields: dict[str, str] = {}
        self.file_name = self.media_type = ""
        self.seen = 0
        self.in_file = self.ended = False
        self._file_field = file_field
        self._headers: dict[str, str] = {}
        self._field = ""
        self._name = self._value = b""
        self._data: list[bytes] = []
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise InvalidValue("form: the boundary is too long") from None

    def write(self, data: bytes) -> None:
        """Parse the next bytes; raises :class:`InvalidValue` where they are not this form."""
        self.seen += len(data)
        try:
            self._parser.write(data)
        except FormParserError:
            raise InvalidValue("form: not well formed") from None

    def take(self) -> list[bytes]:
        """Return the file's bytes that arrived since the last call."""
        ready, self._data = self._data, []
        return ready

    def _part_begin(self) -> None:
        if self.in_file or len(self.fields) >= _FIELDS_MAX:
            raise InvalidValue("form: the file comes last")
        self._headers, self._data = {}, []

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.decode("ascii").lower()] = self._value.decode("utf-8", "replace")
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        name, file_name = _disposition(self._headers.get("content-disposition", ""))
        if file_name is not None and name != self._file_field:
            raise InvalidValue("form: a file in a field that takes none")
        if name == self._file_field and file_name is None:
            raise InvalidValue("form: the file field holds no file")
        if file_name is not None:
            self.in_file = True
            self.file_name = file_name
            self.media_type = self._headers.get("content-type", "")
        self._field = name

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _part_end(self) -> None:
        if not self.in_file:
            self.fields[self._field] = b"".join(self.take()).decode("utf-8", "replace").strip()

    def _end(self) -> None:
        self.ended = True


def _disposition(header: str) -> tuple[str, str | None]:
    """Return field name and file name of a part; browsers escape only a quote, CR and LF (HTML Standard)."""
    _, options = parse_options_header(header.encode())
    name = options.get(b"name", b"").decode("utf-8", "replace")
    file_name = options.get(b"filename")
    if file_name is None:
        return name, None
    shown = file_name.decode("utf-8", "replace")
    for escape, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        shown = shown.replace(escape, character)
    return name, shown
