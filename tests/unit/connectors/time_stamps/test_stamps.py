"""A stamp that holds is taken, also by OpenSSL; every other one is refused for its own reason."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from asn1crypto import cms, tsp
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors import errors
from connectors.port import Exchange
from connectors.time_stamps.authority import Authority, Place, decode, encode
from connectors.time_stamps.tokens import Trust, verify_token
from contracts.outcomes import Phase
from tests.unit.connectors.time_stamps.conftest import DATA, NOW

FAULTS = {
    "wrong_nonce": errors.StampOfOtherRequest,
    "wrong_imprint": errors.StampOfOtherData,
    "wrong_policy": errors.StampPolicyRefused,
    "wrong_time": errors.StampTimeImplausible,
    "wrong_usage": errors.StampSignerRefused,
    "usage_not_critical": errors.StampSignerRefused,
    "expired_certificate": errors.StampSignerRefused,
    "stranger": errors.StampSignerRefused,
    "not_granted": errors.StampNotGranted,
}


def reply(body: bytes, status: int = 200) -> Exchange:
    return Exchange(Phase.COMPLETE, NOW, status, (), body)


def test_a_stamp_says_when_the_bytes_existed(asked, trust):
    stamp = asked()
    assert (stamp.at, stamp.policy) == (NOW, trust.policy)
    assert verify_token(stamp.token, DATA, trust) == stamp


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_takes_the_token_with_nothing_but_the_root(asked, root, tmp_path):
    (tmp_path / "head").write_bytes(DATA)
    (tmp_path / "head.tst").write_bytes(asked().token)
    command = ["openssl", "ts", "-verify", "-data", "head", "-in", "head.tst", "-token_in", "-CAfile", str(root)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "Verification: OK" in done.stdout + done.stderr


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_trusted_is_refused_for_its_reason(asked, fault):
    with pytest.raises(FAULTS[fault]):
        asked(fault)


def test_the_query_holds_a_digest_a_fresh_nonce_and_our_policy(asked, wire, trust):
    nonces = set()
    for _ in range(2):
        asked()
        query = tsp.TimeStampReq.load(wire.sent.body, strict=True)
        nonces.add(query["nonce"].native)
    assert (query["req_policy"].native, query["cert_req"].native) == (trust.policy, True)
    assert len(nonces) == 2
    assert DATA not in wire.sent.body


def test_an_authority_that_is_paid_is_told_who_asks(trust):
    place = Place("https://tsa.example/", "paris", SecretStr("s"))
    assert dict(encode(DATA, 1, trust.policy, place).headers)["authorization"] == "Basic cGFyaXM6cw=="
    assert "authorization" not in dict(encode(DATA, 1, trust.policy, Place("https://tsa.example/")).headers)


@pytest.mark.parametrize(
    "came",
    [reply(b"", 500), reply(b"", 404), Exchange(Phase.SENT, NOW, fault="timeout"), Exchange(Phase.NOT_SENT, NOW)],
)
def test_an_authority_that_is_away_may_be_asked_again(came):
    with pytest.raises(errors.StampsUnavailable):
        decode(came)


def test_a_token_of_other_bytes_or_roots_is_refused(asked, trust):
    token = asked().token
    with pytest.raises(errors.StampOfOtherData):
        verify_token(token, DATA + b" ", trust)
    with pytest.raises(errors.StampSignerRefused):
        verify_token(token, DATA, Trust(trust.policy, ()))


def test_a_token_whose_moment_was_moved_is_refused(asked, trust):
    token = asked().token
    moved = token.replace(b"20261123034000Z", b"20251123034000Z")
    assert moved != token
    with pytest.raises(errors.StampSignatureInvalid):
        verify_token(moved, DATA, trust)


def test_a_token_that_does_not_bind_its_certificate_is_refused(asked, trust):
    token = cms.ContentInfo.load(asked().token)
    signer = token["content"]["signer_infos"][0]
    kept = [one for one in signer["signed_attrs"] if not one["type"].native.startswith("signing_certificate")]
    signer["signed_attrs"] = cms.CMSAttributes(kept)
    with pytest.raises(errors.StampSignatureInvalid):
        verify_token(token.dump(force=True), DATA, trust)


@given(body=st.binary(max_size=200))
def test_whatever_an_authority_answers_is_an_error_of_ours(body):
    with pytest.raises((errors.StampRefused, errors.StampNotGranted)):
        decode(reply(body))


def test_no_bit_of_a_token_may_be_another(asked, trust):
    stamp = asked()

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(place=st.integers(0, len(stamp.token) - 1), bit=st.integers(0, 7))
    def broken(place: int, bit: int) -> None:
        other = bytearray(stamp.token)
        other[place] ^= 1 << bit
        try:
            read = verify_token(bytes(other), DATA, trust)
        except errors.StampRefused:
            return
        # Some octets say nothing (an unsigned version, a NULL); what the stamp proves stays what was signed.
        assert replace(read, token=stamp.token) == stamp

    broken()


def test_roots_that_cannot_be_read_are_told(tmp_path):
    (tmp_path / "roots.pem").write_text("nothing")
    for name in ("roots.pem", "none.pem"):
        with pytest.raises(errors.StampRootsUnreadable):
            Trust.read("1.2.3", tmp_path / name)


def test_nothing_of_it_is_shown_by_accident(trust):
    place = Place("https://tsa.example/", "paris", SecretStr("geheim"))
    assert "geheim" not in repr(Authority(place, trust, None)) + encode(DATA, 1, trust.policy, place).target
