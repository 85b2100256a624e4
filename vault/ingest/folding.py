"""Letters as they are compared: capitals without accents."""

import re
import unicodedata

_UNPACKED = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss"})


def plain(text: str) -> str:
    """Return ``text`` in capitals without accents, everything but letters and digits as one space."""
    unpacked = unicodedata.normalize("NFKD", text.translate(_UNPACKED))
    bare = "".join(letter for letter in unpacked if not unicodedata.combining(letter))
    return re.sub(r"[^A-Z0-9]+", " ", bare.upper()).strip()
