"""The one place that turns a stranger's bytes into an XML tree, or refuses them by name."""

import re
from dataclasses import dataclass, field

from lxml import etree

from connectors.errors import (
    XmlDoctype,
    XmlEmpty,
    XmlMalformed,
    XmlRefused,
    XmlTooDeep,
    XmlTooLarge,
    XmlTooManyElements,
)
from connectors.schemas.charset import decode


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much XML is read: bytes as they came, elements one inside the other, elements in all."""

    size: int = 16 * 1024 * 1024
    depth: int = 100
    elements: int = 500_000


BOUNDS = Bounds()
_DOCTYPE = re.compile(r"(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+<!DOCTYPE", re.DOTALL)
_ELEMENTS = etree.XPath("count(//*)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An XML document within bounds: no DOCTYPE, no entity but the five of XML itself."""

    root: etree._Element = field(repr=False)
    charset: str
    declared: str
    """The charset the document says it is in; differs from ``charset`` where its bytes prove it wrong."""

    @property
    def tree(self) -> "etree._ElementTree[etree._Element]":
        """The document around :attr:`root`."""
        return self.root.getroottree()


def parse(data: bytes, bounds: Bounds = BOUNDS) -> Parsed:
    """Return ``data`` as a tree; comments stay out of it, line numbers are those of the file.

    In this order: size, charset, DOCTYPE, well-formedness, depth, number of elements. Nothing is fetched, expanded or
    included, whatever the document asks for.

    Raises:
        XmlRefused: the subclass says which of these does not hold.
    """
    if len(data) > bounds.size:
        raise XmlTooLarge(f"{len(data)} bytes, {bounds.size} at most")
    decoded = decode(data)
    if not decoded.text.strip():
        raise XmlEmpty
    # Looked for before libxml2 sees it: attribute values would be expanded whatever the parser is told.
    if _DOCTYPE.match(decoded.text):
        raise XmlDoctype
    root = _tree(decoded.text, bounds)
    if root.getroottree().docinfo.doctype:
        raise XmlDoctype
    return Parsed(root, decoded.charset, decoded.declared)


def _tree(text: str, bounds: Bounds) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error, parser) from None
    if etree.XPath("boolean(" + "/*" * (bounds.depth + 1) + ")")(root):
        raise XmlTooDeep(f"{bounds.depth} at most")
    if _ELEMENTS(root) > bounds.elements:
        raise XmlTooManyElements(f"{bounds.elements} at most")
    return root


def _malformed(error: etree.XMLSyntaxError, parser: etree.XMLParser) -> XmlRefused:
    """Return the first fault; what libxml2 itself stops at is a bound, not a fault of syntax."""
    first = next(iter(parser.error_log), None)
    if first is None:
        return XmlMalformed(error.lineno or 0, "ERR_UNKNOWN", error.msg or "")
    if "Excessive depth" in first.message:
        return XmlTooDeep()
    if first.type_name == "ERR_RESOURCE_LIMIT":
        return XmlTooLarge("one name, value or text")
    return XmlMalformed(first.line, first.type_name, first.message.strip())
