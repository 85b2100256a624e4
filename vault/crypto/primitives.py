"""The few things we ask of Tink, typed; no other module imports it."""

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO

from tink import (
    KeysetHandle,
    TinkError,
    hybrid,
    json_proto_keyset_format,
    new_keyset_handle,
    proto_keyset_format,
    secret_key_access,
    streaming_aead,
)
from tink.proto import aes_gcm_hkdf_streaming_pb2, tink_pb2

from vault.crypto.errors import KeyFileMalformed, KeyRefused, SealBroken

streaming_aead.register()
hybrid.register()

StreamFault = TinkError
"""What the streams below raise where a segment is not authentic, or their source fails."""

_STREAM = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_4KB
_HYBRID = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM


@dataclass(frozen=True, slots=True)
class HybridPair:
    """A hybrid key (RFC 9180 HPKE: X25519, HKDF-SHA256, AES-256-GCM): two serialized Tink keysets."""

    public: bytes
    private: bytes = field(repr=False)


def new_stream_keyset() -> bytes:
    """Return a fresh streaming AEAD keyset (AES256_GCM_HKDF_4KB), serialized and in clear."""
    return bytes(proto_keyset_format.serialize(new_keyset_handle(_STREAM), secret_key_access.TOKEN))


def encrypting_stream(keyset: bytes, destination: io.RawIOBase, associated_data: bytes) -> BinaryIO:
    """Return a writable file that puts ciphertext into ``destination``; closing it writes the tail."""
    stream: BinaryIO = _stream_primitive(keyset).new_encrypting_stream(destination, associated_data)
    return stream


def decrypting_stream(keyset: bytes, source: io.RawIOBase, associated_data: bytes) -> BinaryIO:
    """Return a readable file of plaintext; its reads raise :data:`StreamFault` where a segment is not authentic.

    Raises :class:`SealBroken` where ``keyset`` is not exactly one key of the kind we make.
    """
    stream: BinaryIO = _stream_primitive(keyset).new_decrypting_stream(source, associated_data)
    return stream


def new_hybrid_pair() -> HybridPair:
    """Return a fresh hybrid key pair."""
    handle = new_keyset_handle(_HYBRID)
    private = proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    return HybridPair(
        public=bytes(proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())),
        private=bytes(private),
    )


def hybrid_encrypt(public_keyset: bytes, secret: bytes, context: bytes) -> bytes:
    """Seal ``secret`` to the holder of the private keyset, bound to ``context``; raises :class:`KeyRefused`."""
    try:
        return bytes(_sealing(public_keyset).encrypt(secret, context))
    except TinkError:
        raise KeyRefused from None


@lru_cache(maxsize=1024)
def _sealing(public_keyset: bytes) -> Any:
    # Public halves only: a private key stays no longer than the one who opens with it.
    return proto_keyset_format.parse_without_secret(public_keyset).primitive(hybrid.HybridEncrypt)


def hybrid_decrypt(private_keyset: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open one thing as :class:`HybridOpener` does."""
    return HybridOpener(private_keyset).open(sealed, context)


class HybridOpener:
    """A private keyset made ready once, for opening several things; it keeps the key as long as it is kept itself."""

    __slots__ = ("_primitive",)

    def __init__(self, private_keyset: bytes) -> None:
        """Raise :class:`KeyRefused` where this is no private keyset."""
        try:
            handle = proto_keyset_format.parse(private_keyset, secret_key_access.TOKEN)
            self._primitive: Any = handle.primitive(hybrid.HybridDecrypt)
        except TinkError:
            raise KeyRefused from None

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what :func:`hybrid_encrypt` sealed; or raise :class:`KeyRefused` (another key or context, changed)."""
        try:
            return bytes(self._primitive.decrypt(sealed, context))
        except TinkError:
            raise KeyRefused from None


def with_fresh_primary(private_keyset: bytes) -> HybridPair:
    """Return the private keyset with a fresh key that seals from now on, beside those that still open."""
    merged, fresh = tink_pb2.Keyset.FromString(private_keyset), tink_pb2.Keyset.FromString(new_hybrid_pair().private)
    while fresh.primary_key_id in {key.key_id for key in merged.key}:
        fresh = tink_pb2.Keyset.FromString(new_hybrid_pair().private)
    merged.key.extend(fresh.key)
    merged.primary_key_id = fresh.primary_key_id
    return _pair(merged)


def with_primary_only(private_keyset: bytes) -> HybridPair:
    """Return the private keyset with every key but the primary disabled: kept, and opening nothing."""
    keyset = tink_pb2.Keyset.FromString(private_keyset)
    for key in keyset.key:
        if key.key_id != keyset.primary_key_id:
            key.status = tink_pb2.DISABLED
    return _pair(keyset)


def opens_with_several(private_keyset: bytes) -> bool:
    """Tell whether more than one key of the keyset still opens."""
    keys = tink_pb2.Keyset.FromString(private_keyset).key
    return len([key for key in keys if key.status == tink_pb2.ENABLED]) > 1


def prefix_of_primary(public_keyset: bytes) -> bytes:
    """Return the five bytes with which everything sealed under the primary key begins (Tink's output prefix)."""
    return b"\x01" + int(tink_pb2.Keyset.FromString(public_keyset).primary_key_id).to_bytes(4, "big")


def opens_for(private_keyset: bytes, public_keyset: bytes) -> bool:
    """Tell whether what is sealed under ``public_keyset`` opens with ``private_keyset``."""
    try:
        return hybrid_decrypt(private_keyset, hybrid_encrypt(public_keyset, b"?", b""), b"") == b"?"
    except KeyRefused:
        return False


def public_to_json(public_keyset: bytes) -> str:
    """Return the public keyset as Tink's JSON."""
    handle = proto_keyset_format.parse_without_secret(public_keyset)
    return str(json_proto_keyset_format.serialize_without_secret(handle))


def private_to_json(private_keyset: bytes) -> str:
    """Return the private keyset, in clear, as Tink's JSON."""
    handle = proto_keyset_format.parse(private_keyset, secret_key_access.TOKEN)
    return str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def public_from_json(text: str) -> bytes:
    """Return the public keyset in Tink's JSON ``text``; raises :class:`KeyFileMalformed`, also for a private one."""
    try:
        handle = json_proto_keyset_format.parse_without_secret(text)
        handle.primitive(hybrid.HybridEncrypt)
        return bytes(proto_keyset_format.serialize_without_secret(handle))
    except TinkError:
        raise KeyFileMalformed from None


def private_from_json(text: str) -> HybridPair:
    """Return the pair whose private keyset is Tink's JSON ``text``; raises :class:`KeyFileMalformed`."""
    try:
        handle: KeysetHandle = json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
        private = proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
        handle.primitive(hybrid.HybridDecrypt)
        return _pair(tink_pb2.Keyset.FromString(private))
    except TinkError:
        raise KeyFileMalformed from None


def _pair(private: Any) -> HybridPair:
    # Who seals needs the primary only, and must never pick another.
    primary = tink_pb2.Keyset(
        primary_key_id=private.primary_key_id,
        key=[key for key in private.key if key.key_id == private.primary_key_id],
    )
    handle = proto_keyset_format.parse(primary.SerializeToString(), secret_key_access.TOKEN)
    return HybridPair(
        public=bytes(proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())),
        private=bytes(private.SerializeToString()),
    )


def _stream_primitive(keyset: bytes) -> Any:
    try:
        handle = proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
        _refuse_other_keys(keyset)
        return handle.primitive(streaming_aead.StreamingAead)
    except TinkError:
        raise SealBroken from None


def _refuse_other_keys(keyset: bytes) -> None:
    # Tink tries every key of a set: only a set of one key of one kind is committed to by committing to the set.
    keys = tink_pb2.Keyset.FromString(keyset).key
    if len(keys) != 1 or keys[0].key_data.type_url != _STREAM.type_url:
        raise SealBroken
    wanted = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKeyFormat.FromString(_STREAM.value).params
    if aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey.FromString(keys[0].key_data.value).params != wanted:
        raise SealBroken
