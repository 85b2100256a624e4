"""Which objects custody knows, with the length of their ciphertext: what a backup must hold."""

from collections.abc import Iterator

import psycopg

from vault.crypto.envelope import ciphertext_length
from vault.storage.objects import ObjectName

_NAMES = """SELECT object_name, plaintext_length FROM vault.document WHERE wrapped_key IS NOT NULL
            UNION ALL SELECT object_name, plaintext_length FROM vault.viewing_copy"""


def sealed_objects(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[tuple[ObjectName, int]]:
    """Yield name and length in bytes of every object that a key opens, as ``connection``'s snapshot sees them."""
    with connection.cursor(name="sealed_objects") as cursor:
        for name, length in cursor.execute(_NAMES):
            yield ObjectName(str(name)), ciphertext_length(int(str(length)))
