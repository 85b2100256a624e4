"""Schemas draw on their own folder only; each that cannot be used is named with line and reason."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import CatalogueMiss, SchemaMalformed
from connectors.schemas.catalogue import ROOT, Catalogue, address
from connectors.schemas.checking import Kind, Report, fault_of, kind_of
from connectors.schemas.compiling import compile_xsd
from connectors.schemas.wsdl import ShelfTransport, load_wsdl
from tests.assets.hostile_xml import hostile
from tests.assets.vendor_schemas import BROKEN, DEAD, TYPES, USABLE, holding, in_bytes, using, wsdl

HOSTILE = hostile()


def faults(files):
    catalogue = Catalogue(in_bytes(files))
    return {path: fault for path in files if (fault := fault_of(catalogue, path))}


@pytest.mark.parametrize("folder", USABLE)
def test_what_holds_together_can_be_used(folder):
    assert faults(USABLE[folder]) == {}


@pytest.mark.parametrize("folder", BROKEN)
def test_what_cannot_be_used_says_where_and_why(folder):
    files, path, reason = BROKEN[folder]
    said = faults(files)[path]
    assert re.search(reason, said), said


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_xml_is_no_schema(fault):
    data, refusal = HOSTILE[fault]
    files = {"a.xsd": data, "b.wsdl": data, "c.xsd": using("a.xsd")}
    assert faults(files).keys() == files.keys()
    assert refusal is not None


def test_a_compiled_schema_judges_by_what_it_imports():
    catalogue = Catalogue(in_bytes({"common/types.xsd": TYPES, "a.xsd": using(DEAD + "types.xsd")}))
    schema = compile_xsd(catalogue, "a.xsd")
    document = catalogue.document("a.xsd").root
    assert not schema.validate(document)
    assert document.get("name") is None


def test_a_loaded_service_names_its_operations_and_calls_nobody():
    catalogue = Catalogue(in_bytes({"types.xsd": TYPES, "a.wsdl": wsdl()}))
    (binding,) = load_wsdl(catalogue, "a.wsdl").bindings.values()
    assert list(binding.all()) == ["reserver"]
    with pytest.raises(SchemaMalformed):
        ShelfTransport(catalogue).post("http://outside.invalid", b"", {})


@pytest.mark.parametrize("url", ["http://outside.invalid/types.xsd", "file:///etc/passwd", "/etc/passwd", "", ROOT])
def test_the_catalogue_serves_its_own_addresses_only(url):
    with pytest.raises(CatalogueMiss):
        Catalogue({"types.xsd": TYPES.encode()}).serve(url)


def test_served_documents_ask_for_addresses_of_the_catalogue_only():
    files = in_bytes({"common/types.xsd": TYPES, "a b/é.xsd": using(DEAD + "types.xsd")})
    served = Catalogue(files).serve(address("a b/é.xsd"))
    assert address("common/types.xsd").encode() in served
    assert b"vendor.invalid" not in served


def test_a_file_that_needs_too_much_is_one_fault_among_others():
    deep = "".join(
        f'<xs:group name="g{n}"><xs:sequence><xs:group ref="g{n + 1}"/></xs:sequence></xs:group>' for n in range(90)
    )
    found = faults({"a.xsd": holding(deep), "types.xsd": TYPES})
    assert found.keys() == {"a.xsd"}


def test_kinds_go_by_the_end_of_the_name():
    assert [kind_of(name) for name in ("a.xsd", "a/b.WSDL", "xsd", "a.xsd.bak", "a.xml", ".wsdl")] == [
        Kind.XSD, Kind.WSDL, None, None, None, Kind.WSDL,
    ]  # fmt: skip


def test_the_report_counts_and_sorts():
    report = Report({"b.xsd": "y", "a.XSD": "x", "c.xsd": "", "d.wsdl": ""})
    assert report.plain() == {
        "xsd": {"ok": 1, "failed": {"a.XSD": "x", "b.xsd": "y"}},
        "wsdl": {"ok": 1, "failed": {}},
    }
    assert list(report.plain()["xsd"]["failed"]) == ["a.XSD", "b.xsd"]
    assert not report.holds
    assert Report().holds


LOCATIONS = st.one_of(
    st.text(max_size=30), st.sampled_from(["http://[", "//", "..", ".", "%2e%2e/a.xsd", "a.xsd#x", "?", "http://x"])
)


@settings(max_examples=60, deadline=None)
@given(LOCATIONS.filter(lambda text: text.isprintable() and not set(text) & set('<&"')))
def test_whatever_is_asked_for_there_is_an_answer(location):
    said = fault_of(Catalogue(in_bytes({"a.xsd": using(location)})), "a.xsd")
    assert not said.startswith("cannot be checked"), said
