"""XML of strangers is read as what its bytes are, or refused by name; nothing is expanded, fetched or included."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import XmlMalformed, XmlRefused, XmlTooDeep, XmlTooManyElements
from connectors.schemas.parsing import BOUNDS, Bounds, parse
from tests.assets.hostile_xml import broad, hostile, nested

HOSTILE = hostile()
SAID = "Où qu’on œuvre, 8 € à Noël"


@pytest.mark.parametrize("fault", HOSTILE)
def test_every_fault_has_its_refusal(fault):
    data, refusal = HOSTILE[fault]
    with pytest.raises(XmlRefused) as refused:
        parse(data)
    assert type(refused.value) is refusal


@pytest.mark.parametrize(
    ("declared", "codec", "read_as"),
    [
        ("", "utf-8", "utf-8"),
        ("", "utf-8-sig", "utf-8"),
        ("", "utf-16", "utf-16-le"),
        ("", "utf-16-be", "utf-16-be"),
        ("UTF-8", "utf-8", "utf-8"),
        ("UTF-16", "utf-16", "utf-16-le"),
        ("utf-16", "utf-16-le", "utf-16-le"),
        ("windows-1252", "cp1252", "windows-1252"),
        ("UTF-8", "utf-16", "utf-16-le"),
        ("ISO-8859-1", "utf-8-sig", "utf-8"),
        ("ISO-8859-1", "cp1252", "windows-1252"),
    ],
)
def test_the_charset_is_what_the_bytes_prove_then_what_is_declared(declared, codec, read_as):
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    parsed = parse(f"{prolog}<a>{SAID}</a>".encode(codec))
    assert (parsed.root.text, parsed.charset, parsed.declared) == (SAID, read_as, declared.lower())


@pytest.mark.parametrize(
    ("declared", "said"), [("ISO-8859-1", "Noël"), ("ISO-8859-15", "œuf à 1 €"), ("us-ascii", "un")]
)
def test_other_charsets_of_vendors(declared, said):
    data = f'<?xml version="1.0" encoding="{declared}" standalone="yes"?><a>{said}</a>'.encode(declared)
    assert parse(data).root.text == said


def test_lines_are_those_of_the_file():
    with pytest.raises(XmlMalformed) as refused:
        parse(b'<?xml version="1.0"\n encoding="UTF-8"?>\n<a>\n<b></a>')
    assert refused.value.line == 4


def test_a_refusal_tells_no_word_of_the_message():
    with pytest.raises(XmlMalformed) as refused:
        parse(b"<a><Kerjean></a>")
    assert "Kerjean" not in str(refused.value)
    assert "Kerjean" in refused.value.words


def test_what_lies_at_the_bounds_is_read():
    assert parse(nested(BOUNDS.depth)).root.tag == "a"
    few = Bounds(size=1000, depth=3, elements=4)
    assert len(parse(broad(3), few).root) == 3
    with pytest.raises(XmlTooManyElements):
        parse(broad(4), few)
    with pytest.raises(XmlTooDeep):
        parse(nested(4), few)


def test_a_doctype_that_is_only_quoted_is_text():
    assert parse(b"<a><![CDATA[<!DOCTYPE html>]]></a>").root.text == "<!DOCTYPE html>"
    assert parse(b"<!-- <!DOCTYPE a> --><a/>").root.tag == "a"


def test_an_inclusion_is_an_element_like_any_other(tmp_path):
    (tmp_path / "b.xml").write_text("<b/>")
    wanted = (tmp_path / "b.xml").as_uri()
    root = parse(f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{wanted}"/></a>'.encode()).root
    assert [each.tag for each in root] == ["{http://www.w3.org/2001/XInclude}include"]


def test_nobody_is_called(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    hint = (
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:noNamespaceSchemaLocation="http://outside.invalid/a.xsd"'
    )
    assert parse(f"<?xml-stylesheet href='http://outside.invalid/a.xsl'?><a {hint}/>".encode()).root.tag == "a"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    read_or_refused(data)


PIECES = [
    "<a>",
    "</a>",
    "<a",
    ' b="',
    '"',
    ">",
    "<!--",
    "-->",
    "<?",
    "?>",
    "&e;",
    "&#0;",
    "<!DOCTYPE a",
    "[",
    "]>",
    "é",
]
PIECES += [
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<?xml version="1.0"?>',
    "<![CDATA[",
    "]]>",
    "x:",
    "\0",
    "\x85",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["utf-8", "utf-16", "latin-1", "utf-8-sig"]))
def test_pieces_of_xml_in_any_order_are_read_or_refused(pieces, codec):
    read_or_refused("".join(pieces).encode(codec))


def read_or_refused(data):
    try:
        parsed = parse(data)
    except XmlRefused:
        return
    assert not parsed.tree.docinfo.doctype
