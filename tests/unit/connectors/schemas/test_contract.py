"""A contract is its bytes; a message breaks it only where a living deviation says so, and then it is said."""

import hashlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from connectors.errors import CatalogueMiss, ContractChanged, ContractMissing, ManifestInvalid, SchemaMalformed
from connectors.port import load_manifest
from connectors.schemas.contract import UNAVAILABLE, Contract
from connectors.schemas.declared import DEVIATION_LIFE_MAX, Deviation, Rule, SchemaFile
from contracts.outcomes import OutcomeKind
from tests.assets.hostile_xml import hostile
from tests.assets.vendor_schemas import SCHEMA, TYPES, using, wsdl

TODAY = date(2026, 9, 14)
HOSTILE = hostile()
NAMES = {"f": "urn:cantine:factures"}
INVOICES = f"""{SCHEMA} targetNamespace="urn:cantine:factures" elementFormDefault="qualified">
  <xs:element name="factures"><xs:complexType><xs:sequence>
    <xs:element name="facture" maxOccurs="unbounded"><xs:complexType>
      <xs:sequence>
        <xs:element name="numero"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="F[0-9]+"/>
          </xs:restriction></xs:simpleType></xs:element>
        <xs:element name="montant" type="xs:int"/>
        <xs:element name="echeance" type="xs:date" minOccurs="0"/>
      </xs:sequence>
      <xs:attribute name="invoice-paid" type="xs:boolean" use="required"/>
    </xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
RIGHT = '<facture invoice-paid="0"><numero>F1</numero><montant>100</montant></facture>'


def message(*invoices):
    return f'<factures xmlns="urn:cantine:factures">{"".join(invoices) or RIGHT}</factures>'.encode()


def locked(name, text, called="factures"):
    return SchemaFile(id=called, file=name, sha256=hashlib.sha256(text.encode()).hexdigest(), provenance="invented")


def deviation(rule, xpath, **more):
    told = {"id": str(rule), "contract": "factures", "owner": "caisse-13", "since": TODAY, "namespaces": NAMES}
    return Deviation(**{**told, "expires": TODAY + timedelta(days=30), "rule": rule, "xpath": xpath, **more})


@pytest.fixture
def contract(tmp_path):
    def of(*deviations):
        (tmp_path / "factures.xsd").write_text(INVOICES)
        return Contract.locked(str(tmp_path / "codec.py"), [locked("factures.xsd", INVOICES)], deviations)

    return of


INVOICE = "/f:factures/f:facture"
DEVIATING = {
    "unexpected element": (
        RIGHT.replace("</facture>", "<Login>x</Login></facture>"),
        deviation(Rule.UNEXPECTED, f"{INVOICE}/f:Login"),
    ),
    "unexpected attribute": (
        RIGHT.replace("<facture", '<facture lot="7"'),
        deviation(Rule.UNEXPECTED, f"{INVOICE}/@lot"),
    ),
    "renamed attribute": (
        RIGHT.replace("invoice-paid", "invoice-payed"),
        deviation(Rule.RENAMED, f"{INVOICE}/@invoice-payed", name="invoice-paid"),
    ),
    "renamed element": (
        RIGHT.replace("montant", "mountant"),
        deviation(Rule.RENAMED, f"{INVOICE}/f:mountant", name="f:montant"),
    ),
    "missing element": (
        RIGHT.replace("<numero>F1</numero>", ""),
        deviation(Rule.MISSING, INVOICE, name="f:numero", stand_in="F0", before="f:montant"),
    ),
    "missing last element": (
        RIGHT.replace("<montant>100</montant>", ""),
        deviation(Rule.MISSING, INVOICE, name="f:montant", stand_in="0"),
    ),
    "missing attribute": (
        RIGHT.replace(' invoice-paid="0"', ""),
        deviation(Rule.MISSING, INVOICE, name="@invoice-paid", stand_in="0"),
    ),
    "other order": (
        '<facture invoice-paid="0"><montant>100</montant><numero>F1</numero></facture>',
        deviation(Rule.REORDERED, INVOICE, order=("f:numero", "f:montant", "f:echeance")),
    ),
    "value": (RIGHT.replace("F1", "1"), deviation(Rule.VALUE, f"{INVOICE}/f:numero", stand_in="F0")),
    "value of an attribute": (
        RIGHT.replace('"0"', '"non"'),
        deviation(Rule.VALUE, f"{INVOICE}/@invoice-paid", stand_in="0"),
    ),
}
each_deviation = pytest.mark.parametrize("name", DEVIATING)


def test_what_keeps_to_the_schema_needs_no_deviation(contract):
    verdict = contract(*(one for _, one in DEVIATING.values() if one.id)).check(message(), "factures", TODAY)
    assert verdict.valid
    assert verdict.deviations == ()
    assert verdict.outcome is None


@each_deviation
def test_an_undeclared_breach_is_a_breach(contract, name):
    verdict = contract().check(message(RIGHT, DEVIATING[name][0]), "factures", TODAY)
    assert not verdict.valid
    assert verdict.outcome.kind is OutcomeKind.CONTRACT_BREACH
    assert verdict.breaches[0].rule.startswith("SCHEMAV_")


@each_deviation
def test_a_declared_breach_passes_and_is_said(contract, name):
    invoice, declared = DEVIATING[name]
    verdict = contract(declared).check(message(RIGHT, invoice), "factures", TODAY)
    assert (verdict.breaches, verdict.deviations) == ((), (declared.id,))


@each_deviation
@pytest.mark.parametrize("days", [30, 400, -1])
def test_a_deviation_that_does_not_live_covers_nothing(contract, name, days):
    invoice, declared = DEVIATING[name]
    verdict = contract(declared).check(message(invoice), "factures", TODAY + timedelta(days=days))
    assert not verdict.valid
    assert verdict.expired == ((declared.id,) if days > 0 else ())
    assert ("expired" in verdict.outcome.code) is (days > 0)


@each_deviation
def test_no_breach_hides_behind_a_declared_one(contract, name):
    invoice, declared = DEVIATING[name]
    other = RIGHT.replace("100", "cent").replace("</facture>", "<echeance>demain</echeance></facture>")
    for hidden in (invoice.replace("</facture>", "<espion/></facture>"), invoice + other, other + invoice):
        assert not contract(declared).check(message(hidden), "factures", TODAY).valid


def test_only_the_deviations_a_message_needs_are_said(contract):
    both = [DEVIATING["value"][1], DEVIATING["unexpected element"][1]]
    verdict = contract(*both).check(message(DEVIATING["unexpected element"][0]), "factures", TODAY)
    assert verdict.deviations == ("unexpected",)


def test_a_verdict_tells_no_value(contract):
    verdict = contract().check(message(RIGHT.replace("F1", "Kerjean")), "factures", TODAY)
    assert "Kerjean" not in f"{verdict}{verdict.outcome}"
    assert verdict.breaches[0].line == 1


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_message_that_is_not_read_is_not_valid(contract, fault):
    data, refusal = HOSTILE[fault]
    (breach,) = contract().check(data, "factures", TODAY).breaches
    assert breach.rule == refusal.__name__


class SaysNothing:
    error_log = ()

    def validate(self, _):
        return False


class Fails:
    def validate(self, _):
        raise MemoryError


@pytest.mark.parametrize("schemas", [{}, {"factures": SaysNothing()}, {"factures": Fails()}])
def test_without_a_validator_nothing_is_valid(schemas):
    (breach,) = Contract(schemas, []).check(message(), "factures", TODAY).breaches
    assert breach.rule == UNAVAILABLE


@given(st.binary(max_size=120))
def test_any_bytes_get_a_verdict(data):
    schema = etree.XMLSchema(etree.fromstring(INVOICES))
    assert not Contract({"factures": schema}, []).check(data, "factures", TODAY).valid


def test_a_changed_byte_is_told_by_the_name_of_the_file(tmp_path):
    declared = locked("factures.xsd", INVOICES)
    (tmp_path / "factures.xsd").write_text(INVOICES + "\n")
    with pytest.raises(ContractChanged, match=r"factures\.xsd"):
        Contract.locked(str(tmp_path / "codec.py"), [declared])
    (tmp_path / "factures.xsd").unlink()
    with pytest.raises(ContractMissing, match=r"factures\.xsd"):
        Contract.locked(str(tmp_path / "codec.py"), [declared])


def test_a_contract_draws_on_its_locked_files_only(tmp_path):
    texts = {"types.xsd": TYPES, "a.xsd": using("types.xsd"), "a.wsdl": wsdl()}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    whole = [locked(name, text, called=name.replace(".", "-")) for name, text in texts.items()]
    assert Contract.locked(str(tmp_path / "codec.py"), whole).check(b"<facture>1</facture>", "a-xsd", TODAY).valid
    with pytest.raises(CatalogueMiss):
        Contract.locked(str(tmp_path / "codec.py"), whole[1:])


def test_a_locked_schema_that_does_not_compile_is_refused(tmp_path):
    text = INVOICES.replace("xs:date", "xs:datetime")
    (tmp_path / "a.xsd").write_text(text)
    with pytest.raises(SchemaMalformed):
        Contract.locked(str(tmp_path / "codec.py"), [locked("a.xsd", text)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"xpath": "/f:["},
        {"xpath": "/g:a"},
        {"contract": "another"},
        {"rule": Rule.RENAMED, "name": "g:a"},
        {"rule": Rule.VALUE, "stand_in": "\0"},
    ],
)
def test_a_deviation_that_cannot_be_looked_for_is_refused(contract, wrong):
    told = {"rule": Rule.UNEXPECTED, "xpath": "/f:a"} | wrong
    with pytest.raises(ManifestInvalid):
        contract(deviation(**told))


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires": TODAY},
        {"expires": TODAY + DEVIATION_LIFE_MAX + timedelta(days=1)},
        {"owner": ""},
        {"name": "f:a"},
        {"rule": Rule.RENAMED},
        {"rule": Rule.VALUE},
        {"rule": Rule.REORDERED, "order": ("a",), "before": "b"},
        {"rule": "any"},
    ],
)
def test_a_deviation_without_end_owner_or_sense_is_refused(wrong):
    told = {"rule": Rule.UNEXPECTED, "xpath": "/f:a"} | wrong
    with pytest.raises(ValidationError):
        deviation(**told)


@pytest.mark.parametrize("file", ["../a.xsd", "/a.xsd", "a//b.xsd", "", ".a.xsd"])
def test_a_locked_file_lies_beside_its_manifest(file):
    with pytest.raises(ValidationError):
        SchemaFile(id="a", file=file, sha256="0" * 64, provenance="invented")


def test_a_manifest_declares_both(tmp_path):
    (tmp_path / "manifest.toml").write_text(f"""
connector = "invented"
version = "1.0.0"
provenance = "invented"
[limits]
connect_s = 1
read_s = 1
total_s = 1
body_max_bytes = 1
[operations.pull]
kind = "pull"
natural_key = ["x"]
[[contracts]]
id = "factures"
file = "schemas/factures.xsd"
sha256 = "{"0" * 64}"
provenance = "invented"
[[deviations]]
id = "payed"
contract = "factures"
xpath = "//@invoice-payed"
rule = "renamed"
name = "invoice-paid"
since = 2026-09-01
expires = 2027-03-01
owner = "caisse-13"
""")
    manifest = load_manifest(str(tmp_path / "codec.py"))
    assert manifest.contracts[0].file == "schemas/factures.xsd"
    assert manifest.deviations[0].lives(TODAY)
