"""A time-stamping authority, played: it signs what it is asked, with keys made on the spot, and errs when it is told to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from fastapi import APIRouter, Body, Response
from pyhanko.sign.timestamps import DummyTimeStamper

from connectors.sandbox.faults import Faults, StampKind, bare_answer
from connectors.sandbox.papers import keys
from connectors.sandbox.provisioning import STAMP_POLICY, STAMP_ROOT_KEY, STAMP_ROOT_NAME, create_stamp_root
from connectors.time_stamps.authority import QUERY, REPLY, Reply

TARGET = "time-stamps"
"""What orders of faults call this authority."""
_OTHER_POLICY = "1.3.6.1.4.1.32473.1.2"
_LATE = timedelta(hours=2)


class StampingAuthority:
    """The authority of one state folder; its signing key lives as long as its process."""

    def __init__(self, state: Path) -> None:
        """Take the root of ``state``, making it the first time."""
        self._root_key = keys.read_private(create_stamp_root(state).with_name(STAMP_ROOT_KEY))
        self._key = rsa.generate_private_key(65537, 2048)

    def answer(self, body: bytes, at: datetime, fault: str | None = None) -> bytes:
        """Return the reply to a query, with the fault that was ordered; raises ``ValueError`` for what is no query."""
        query = tsp.TimeStampReq.load(body, strict=True)
        asked = query["req_policy"].native
        if fault == "not_granted" or asked not in (None, STAMP_POLICY):
            return bytes(Reply({"status": {"status": "rejection"}}).dump())
        if fault == "wrong_nonce":
            query["nonce"] = (query["nonce"].native or 0) + 1
        if fault == "wrong_imprint":
            query["message_imprint"]["hashed_message"] = bytes(32)
        stamper = self._stamper(self._certificate(fault, at), at - _LATE if fault == "wrong_time" else at)
        stamper.policy = _OTHER_POLICY if fault == "wrong_policy" else STAMP_POLICY
        return bytes(stamper.request_tsa_response(query).dump())

    def _stamper(self, certificate: x509.Certificate, at: datetime) -> "_Stamper":
        private = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        der = certificate.public_bytes(Encoding.DER)
        return _Stamper(asn1.Certificate.load(der), asn1_keys.PrivateKeyInfo.load(private), fixed_dt=at)

    def _certificate(self, fault: str | None, at: datetime) -> x509.Certificate:
        usage = ExtendedKeyUsageOID.EMAIL_PROTECTION if fault == "wrong_usage" else ExtendedKeyUsageOID.TIME_STAMPING
        return keys.issue(
            subject=keys.name(organisation=STAMP_ROOT_NAME, common="TSA"),
            key=self._key,
            issuer=keys.name(organisation=STAMP_ROOT_NAME, common="ROOT"),
            issuer_key=keys.new_key() if fault == "stranger" else self._root_key,
            purpose=x509.ExtendedKeyUsage([usage]),
            purpose_critical=fault != "usage_not_critical",
            until=at - _LATE if fault == "expired_certificate" else keys.NOT_AFTER,
        )


class _Stamper(DummyTimeStamper):
    policy = STAMP_POLICY

    def _build_tst_info(self, message_imprint: Any, dt: datetime, req: Any) -> Any:
        info = super()._build_tst_info(message_imprint, dt, req)
        info["policy"] = self.policy
        return info


def router(state: Path, faults: Faults, clock: Callable[[], datetime]) -> APIRouter:
    """Return the authority's one route (RFC 3161 3.4)."""
    # Made at the first query: its key takes a tenth of a second, and most who start a sandbox never ask.
    authority, routes = cache(lambda: StampingAuthority(state)), APIRouter()

    @routes.post("/time-stamps")
    def stamp(body: Annotated[bytes, Body(media_type=QUERY)]) -> Response:
        fault = faults.next(TARGET)
        if fault is not None and fault.kind not in get_args(StampKind):
            return bare_answer(fault)
        try:
            reply = authority().answer(body, clock(), None if fault is None else fault.kind)
        except ValueError:
            return Response(status_code=400)
        return Response(reply, media_type=REPLY)

    return routes
