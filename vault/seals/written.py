"""Read codes that somebody wrote down: one a line, separators as themselves or spelled out."""

import re

from vault.seals import doc2d

MAX_TEXT_BYTES = 1_000_000
BINARY = b"\xdc\x04"
"""How a binary code begins."""
_SPELLED = {b"GS": doc2d.GS.encode(), b"RS": doc2d.RS.encode(), b"US": doc2d.US.encode()}
_SEPARATOR = re.compile(rb"<(GS|RS|US)>", re.IGNORECASE)
_BEGINNING = re.compile(rb"DC0[1-4]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def is_text(data: bytes) -> bool:
    """Tell whether ``data`` may be a text: of bearable length, UTF-8, without zero bytes."""
    if len(data) > MAX_TEXT_BYTES or b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def codes_in(data: bytes) -> list[bytes]:
    """Return the codes of a text, or the one code of a binary file.

    A line that begins as a code does begins one; a line that does not goes on with the one before, as long codes are
    wrapped. So every character of the text belongs to some code, and none can be slipped in between unjudged.
    """
    if data.startswith(BINARY):
        return [data]
    codes: list[bytes] = []
    for line in data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"):
        piece = line.rstrip(b"\r")
        if _BEGINNING.match(piece) or not codes:
            codes.append(piece)
        else:
            codes[-1] += piece
    bare = (code.strip(b" \t\r") for code in codes)
    return [_SEPARATOR.sub(lambda match: _SPELLED[match[1].upper()], code) for code in bare if code]
