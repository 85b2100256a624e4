"""One unambiguous way to turn several fields into the bytes that encryption binds."""

from uuid import UUID

Field = bytes | str | int | UUID


def frame(domain: str, *fields: Field) -> bytes:
    """Return ``domain`` and ``fields``, each preceded by its length in bytes (four bytes, big-endian).

    Text is UTF-8, a UUID its sixteen bytes, a whole number eight bytes big-endian without sign. Two different lists of
    fields of the same types never give the same bytes; ``domain`` keeps one use of the format from another.
    Raises :class:`OverflowError` for a number that is negative or does not fit.
    """
    encoded = [domain.encode(), *(_encode(field) for field in fields)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _encode(field: Field) -> bytes:
    if isinstance(field, bytes):
        return field
    if isinstance(field, str):
        return field.encode()
    if isinstance(field, UUID):
        return field.bytes
    return field.to_bytes(8, "big")
