"""A time-stamping authority as whoever wants a stamp uses it: bytes in, a verified stamp out."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import cms, core, tsp
from pydantic import SecretStr

from connectors.errors import (
    StampMalformed,
    StampNotGranted,
    StampOfOtherRequest,
    StampsUnavailable,
    StampTimeImplausible,
)
from connectors.port import Exchange, Limits, Transport, WireRequest
from connectors.time_stamps.tokens import DIGEST, PARSER_ERRORS, Stamp, Trust, verify_token
from contracts.outcomes import Phase

LIMITS = Limits(connect_s=5, read_s=10, total_s=15, body_max_bytes=64 * 1024)
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
CLOCKS_APART = timedelta(minutes=5)
"""How far the authority's clock may be from ours."""
GRANTED = frozenset({"granted", "granted_with_mods"})


class Reply(core.Sequence):  # type: ignore[misc]  # the library ships no types
    """TimeStampResp (RFC 3161 2.4.2): the library's own knows none without a token, as a refusal is."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012 - asn1crypto's own form


@dataclass(frozen=True, slots=True)
class Place:
    """Where an authority answers, and who we are there: those that are paid by the stamp ask for it (RFC 7617)."""

    url: str
    username: str = ""
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority: where it answers, whose signature counts, and what carries the query there."""

    place: Place
    trust: Trust
    transport: Transport = field(repr=False)

    def stamp(self, data: bytes, *, now: datetime) -> Stamp:
        """Have ``data`` stamped, and verify what came before anything is made of it; ``now`` is our clock.

        Raises :class:`StampsUnavailable` where nothing came of it and it may be asked again, and another refusal of
        :mod:`connectors.errors` that begins with ``Stamp`` where what came cannot be trusted.
        """
        nonce = secrets.randbits(64)
        token = decode(self.transport.send(encode(data, nonce, self.trust.policy, self.place)))
        stamp = verify_token(token, data, self.trust)
        if stamp.nonce != nonce:
            raise StampOfOtherRequest
        if abs(stamp.at - now) > CLOCKS_APART:
            raise StampTimeImplausible
        return stamp


def encode(data: bytes, nonce: int, policy: str | None, place: Place) -> WireRequest:
    """Write the query for the digest of ``data``, with the certificates in the reply (RFC 3161 2.4.1, 3.4)."""
    imprint = {"hash_algorithm": {"algorithm": DIGEST}, "hashed_message": hashlib.new(DIGEST, data).digest()}
    query = {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    if policy is not None:
        query["req_policy"] = policy
    headers = [("content-type", QUERY), ("accept", REPLY)]
    if place.password is not None:
        pair = f"{place.username}:{place.password.get_secret_value()}".encode()
        headers.append(("authorization", f"Basic {base64.b64encode(pair).decode()}"))
    return WireRequest("POST", place.url, tuple(headers), tsp.TimeStampReq(query).dump())


def decode(exchange: Exchange) -> bytes:
    """Return the token of a reply, unverified.

    Raises :class:`StampsUnavailable`, :class:`StampNotGranted` and :class:`StampMalformed`.
    """
    if exchange.phase is not Phase.COMPLETE or exchange.status != 200:
        raise StampsUnavailable(exchange.fault or f"status {exchange.status}")
    try:
        reply = Reply.load(exchange.body, strict=True)
        granted = reply["status"]["status"].native in GRANTED
        token = bytes(reply["time_stamp_token"].dump())
    except PARSER_ERRORS:
        raise StampMalformed from None
    if not granted:
        raise StampNotGranted
    return token
