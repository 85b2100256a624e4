"""A trust list counts only whole, signed by whom the pinned root vouches for, and never in part."""

from datetime import date
from functools import cache

import pytest
from lxml import etree

from tests.assets import trust_lists
from tests.assets.trust_lists import Listed, Scheme, issuer
from vault.seals import packaged, signed_list
from vault.seals.signed_list import TrustListRefused

AUTHORITY = issuer("FR42")
DS = "{http://www.w3.org/2000/09/xmldsig#}"


@cache
def scheme() -> Scheme:
    return Scheme()


def good() -> bytes:
    return scheme().sign(Listed("FR42", AUTHORITY.certificate))


def read(data: bytes) -> signed_list.TrustList:
    return signed_list.read(data, scheme().anchor, [scheme().intermediate.certificate])


def test_the_installed_list_leads_to_the_pinned_root() -> None:
    listed = signed_list.read(packaged.signed_list(), packaged.anchor(), packaged.intermediates())
    assert listed.sequence >= 23
    assert {"FR01", "FR03", "FR04", "FR05", "FR06", "FR07", "FR09"} <= {each.identifier for each in listed.authorities}
    assert listed.authority("FR03").accredited_on(date(2020, 1, 1))
    assert listed.next_update > listed.issued_at


def test_the_installed_list_is_refused_once_altered() -> None:
    data = packaged.signed_list()
    for old, new in ((b"<tsl:TSLSequenceNumber>23", b"<tsl:TSLSequenceNumber>24"), (b">FR03<", b">FR08<")):
        assert old in data
        with pytest.raises(TrustListRefused):
            signed_list.read(data.replace(old, new), packaged.anchor(), packaged.intermediates())


def test_the_installed_list_needs_the_authority_between_root_and_signer() -> None:
    with pytest.raises(TrustListRefused):
        signed_list.read(packaged.signed_list(), packaged.anchor())


def test_a_root_that_is_not_the_pinned_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "ROOT_SHA256", bytes(32))
    packaged.anchor.cache_clear()
    with pytest.raises(TrustListRefused):
        packaged.anchor()


def test_a_list_says_what_it_says() -> None:
    listed = read(
        scheme().sign(
            Listed(
                "FR42", AUTHORITY.certificate, "accreditationceased", date(2024, 1, 1), [("inaccord", date(2016, 1, 1))]
            ),
            sequence=7,
        )
    )
    authority = listed.authority("FR42")
    assert (listed.sequence, authority.certificates) == (7, (AUTHORITY.certificate,))
    assert [authority.accredited_on(date(year, 6, 1)) for year in (2015, 2018, 2025)] == [False, True, False]
    assert not authority.withdrawn
    assert signed_list.TrustList.from_wire(listed.to_wire()) == listed


@pytest.mark.parametrize("old", [b">1</", b"inaccord", b"2027", b"2016", b">FR42<"])
def test_one_word_changed_is_refused(old: bytes) -> None:
    data = good()
    assert old in data
    with pytest.raises(TrustListRefused):
        read(data.replace(old, b"8" * (len(old) - 2) + old[-2:], 1))


def test_a_signer_of_another_root_or_another_name_is_refused() -> None:
    other, own = Scheme(), scheme()
    named_otherwise = issuer("Autre cachet", under=own.intermediate, may_issue=False)
    other_unit = issuer("CACHET 2DDOC", under=own.intermediate, unit="0002 9", may_issue=False)
    not_an_authority = issuer("CACHET 2DDOC", under=own.signer)
    for signer in (other.signer, named_otherwise, other_unit, not_an_authority):
        with pytest.raises(TrustListRefused):
            read(own.sign(Listed("FR42", AUTHORITY.certificate), signer=signer))


def test_a_list_dated_outside_its_signers_time_is_refused() -> None:
    with pytest.raises(TrustListRefused):
        read(scheme().sign(issued_on=date(2014, 1, 1)))


def test_a_list_wrapped_around_a_signed_one_is_refused() -> None:
    """The signature stays over the true list, which is moved to where nobody reads (signature wrapping)."""
    evil = etree.fromstring(
        trust_lists.unsigned(Listed("FR66", AUTHORITY.certificate), sequence=99, issued_on=date(2026, 1, 1), until=None)
    )
    true = etree.fromstring(good())
    signature = true.find(f"{DS}Signature")
    for place in (evil, signature):
        evil_copy = etree.fromstring(etree.tostring(evil))
        inner = etree.SubElement(evil_copy, "Object") if place is evil else evil_copy
        inner.append(etree.fromstring(etree.tostring(true)))
        with pytest.raises(TrustListRefused):
            read(etree.tostring(evil_copy))


def test_a_signature_over_a_part_is_refused() -> None:
    root = etree.fromstring(
        trust_lists.unsigned(Listed("FR42", AUTHORITY.certificate), sequence=1, issued_on=date(2026, 1, 1), until=None)
    )
    root[0].set("Id", "part")
    with pytest.raises(TrustListRefused):
        read(trust_lists.signed(root, scheme().signer, uri="#part"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"not xml",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>',
        b"\xff\xfe\x00",
        b"<" * 5_000_000,
    ],
)
def test_what_is_no_signed_list_is_refused(data: bytes) -> None:
    with pytest.raises(TrustListRefused):
        read(data)


def test_a_declared_entity_is_refused_even_in_a_signed_list() -> None:
    with pytest.raises(TrustListRefused):
        read(b'<!DOCTYPE x SYSTEM "file:///etc/hostname">' + good())
