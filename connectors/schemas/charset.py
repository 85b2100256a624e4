"""Which characters the bytes of an XML document stand for: what the bytes prove first, what it declares second."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from dataclasses import dataclass, field

from connectors.errors import XmlCharset

_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
    "iso_8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
}
"""Declared name, lower case, to the codec it means; what the vendors of family software write, and no other."""
_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(["'])(?P<version>[^"'<>]{0,20})\1"""
    r"""(?:\s+encoding\s*=\s*(["'])(?P<charset>[^"'<>]{0,40})\3)?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
_DECLARATION_CHARACTERS = 300
_UTF_16 = "utf-16"
_CONTROLS = re.compile("[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a document, without mark and declaration but with all its line breaks.

    ``charset`` is what the bytes were read as, ``declared`` what the document says of itself, empty where it says
    nothing; they differ where the bytes prove the declaration wrong.
    """

    text: str = field(repr=False)
    charset: str
    declared: str


def decode(data: bytes) -> Decoded:
    """Return the characters of ``data``.

    A byte order mark, or the zero bytes of UTF-16, prove the charset and win over the declaration. Without them the
    declaration holds, UTF-8 where there is none (XML 1.0, 4.3.3). Declared ISO-8859-1 with bytes 80 to 9F is Windows-1252:
    no letter of French text lies there in the former (WHATWG Encoding, 4.2).

    Raises:
        XmlCharset: another charset than those of our vendors, XML other than 1.0, or bytes that are not what they are
            declared to be.
    """
    proven, body = _proven(data)
    head = body[: _DECLARATION_CHARACTERS * 2].decode(proven or "latin-1", "replace")
    declaration = _DECLARATION.match(head)
    declared = (declaration["charset"] or "").lower() if declaration else ""
    if declaration and declaration["version"] != "1.0":
        raise XmlCharset("XML of another version than 1.0")
    charset = proven or _declared(declared)
    try:
        text = body.decode(charset)
        if charset == "iso-8859-1" and _CONTROLS.search(text):
            charset = "windows-1252"
            text = body.decode(charset)
    except UnicodeDecodeError as error:
        raise XmlCharset(f"byte {error.start} is not {charset}") from None
    if declaration:
        text = "\n" * declaration.group().count("\n") + text[declaration.end() :]
    return Decoded(text, charset, declared)


def _proven(data: bytes) -> tuple[str, bytes]:
    """Return the charset the first bytes prove, or nothing, and the bytes after the mark."""
    if data.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        raise XmlCharset("UTF-32 is not read")
    for mark, charset in ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return charset, data[len(mark) :]
    if data.startswith(b"<\0"):
        return "utf-16-le", data
    return ("utf-16-be", data) if data.startswith(b"\0<") else ("", data)


def _declared(name: str) -> str:
    if not name:
        return "utf-8"
    if name.startswith(_UTF_16):
        raise XmlCharset("declared UTF-16, and the bytes are not")
    if name not in _CHARSETS:
        raise XmlCharset("declared in a charset that is not read")
    return _CHARSETS[name]
