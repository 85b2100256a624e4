"""The offline catalogue: the files of one folder by their paths, and which of them a schema means by what it asks for."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from connectors.errors import CatalogueAmbiguous, CatalogueMiss
from connectors.schemas.parsing import Parsed, parse

XSD = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
ROOT = "https://catalogue.invalid/"
"""Addresses handed to libxml2 and zeep; the name resolves nowhere (RFC 6761 section 6.4), and zeep takes others for paths."""
WELL_KNOWN = {
    "http://www.w3.org/XML/1998/namespace": "xml.xsd",
    "http://www.w3.org/2000/09/xmldsig#": "xmldsig-core-schema.xsd",
    "http://www.w3.org/2001/04/xmlenc#": "xenc-schema.xsd",
    "http://www.w3.org/1999/xlink": "xlink.xsd",
    "http://schemas.xmlsoap.org/soap/encoding/": "soap-encoding.xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap-envelope.xsd",
    "http://www.w3.org/2003/05/soap-envelope": "soap-envelope-1.2.xsd",
    "http://schemas.xmlsoap.org/wsdl/": "wsdl.xsd",
    "http://schemas.xmlsoap.org/wsdl/soap/": "wsdl-soap.xsd",
    "http://www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
}
"""Namespaces everybody imports, to the name under which a folder may hold their schema; we deliver none of them."""
_LOCATIONS = {
    f"{{{XSD}}}import": "schemaLocation",
    f"{{{XSD}}}include": "schemaLocation",
    f"{{{XSD}}}redefine": "schemaLocation",
    f"{{{WSDL}}}import": "location",
}
_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class Reference:
    """One import, include or redefine: the element, the attribute for its location, and what it says."""

    element: etree._Element
    attribute: str
    location: str
    namespace: str

    @property
    def told(self) -> str:
        """What is asked for, in words."""
        return f"« {self.location or self.namespace} »"


def references(root: etree._Element) -> Iterator[Reference]:
    """Yield what the document asks for: every location, and the namespace of XML itself even where none is given."""
    for element in root.iter(*_LOCATIONS):
        attribute = _LOCATIONS[str(element.tag)]
        location, namespace = (element.get(attribute) or "").strip(), element.get("namespace") or ""
        if location or namespace == _XML_NAMESPACE:
            yield Reference(element, attribute, location, namespace)


class Catalogue:
    """The schema files of one folder, path to bytes; paths are relative and posix. Reads no disk and no network."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Keep ``files``; none is looked at yet."""
        self._files = files
        self._served: dict[str, bytes] = {}
        self._lines: dict[str, dict[int, int]] = {}
        self._asked: dict[str, tuple[str, ...]] = {}

    def document(self, path: str) -> Parsed:
        """Return the file at ``path`` within the bounds of all XML.

        Raises:
            CatalogueMiss: there is none.
            XmlRefused: it is none that we read.
        """
        if path not in self._files:
            raise CatalogueMiss(f"« {path} » is not in the folder")
        return parse(self._files[path])

    def asked_by(self, path: str) -> tuple[str, ...]:
        """Return the paths of the files the document at ``path`` asks for.

        Raises:
            SchemaRefused: it asks for something that is not here.
            XmlRefused: it is no XML that we read.
        """
        if path not in self._asked:
            found = [self.find(wanted, path) for wanted in references(self.document(path).root)]
            self._asked[path] = tuple(dict.fromkeys(found))
        return self._asked[path]

    def find(self, wanted: Reference, importer: str) -> str:
        """Return the path of the file ``importer`` means by ``wanted``.

        A relative location is looked up from the importer. What is not there, and every location with a host, stands
        for the file of that name, wherever it lies; copies with the same bytes are one file.

        Raises:
            CatalogueMiss: no file of the folder has that name.
            CatalogueAmbiguous: several different files have it.
        """
        relative, path = _path_in(wanted.location)
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
        if relative and beside in self._files:
            return beside
        return self._named(posixpath.basename(path) or WELL_KNOWN.get(wanted.namespace, ""), wanted, importer)

    def _named(self, name: str, wanted: Reference, importer: str) -> str:
        found = [path for path in self._by_name.get(name, ()) if path != importer]
        if not found and WELL_KNOWN.get(wanted.namespace, name) != name:
            found = self._by_name.get(WELL_KNOWN[wanted.namespace], [])
        line = wanted.element.sourceline or 0
        if not found:
            raise CatalogueMiss(_missing(name, wanted, line))
        if len({self._files[path] for path in found}) > 1:
            raise CatalogueAmbiguous(f"line {line}: {wanted.told} may be any of {', '.join(found)}")
        return found[0]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for path in sorted(self._files):
            named.setdefault(posixpath.basename(path), []).append(path)
        return named

    def rewritten(self, path: str) -> etree._Element:
        """Return the document at ``path`` with every location replaced by an address in the catalogue.

        Raises:
            SchemaRefused: it asks for something that is not here.
            XmlRefused: it is no XML that we read.
        """
        root = self.document(path).root
        for wanted in references(root):
            wanted.element.set(wanted.attribute, address(self.find(wanted, path)))
        return root

    def serve(self, url: str) -> bytes:
        """Return the rewritten document at an address of the catalogue, the only ones there are.

        Raises:
            SchemaRefused: it is no such address, or the document asks for what is not here.
            XmlRefused: the document is no XML that we read.
        """
        path = self.path(url)
        if path not in self._served:
            root = self.rewritten(path)
            data = etree.tostring(root, encoding="utf-8")
            # Line breaks between attributes are lost in writing; errors name the lines of the file all the same.
            again = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
            pairs = list(zip(again.iter("*"), root.iter("*"), strict=True))
            self._lines[path] = {new.sourceline or 0: old.sourceline or 0 for new, old in reversed(pairs)}
            self._served[path] = data
        return self._served[path]

    def path(self, url: str) -> str:
        """Return the path an address of the catalogue stands for.

        Raises:
            CatalogueMiss: it is no such address.
        """
        if url.startswith(ROOT):
            return unquote(url.removeprefix(ROOT), errors="surrogateescape")
        name = WELL_KNOWN.get(url, "")
        if name in self._by_name:
            return self._by_name[name][0]
        raise CatalogueMiss(f"« {url} »" + (f": put its schema into the folder as {name}" if name else ""))

    def line(self, path: str, line: int) -> int:
        """Return the line of the file that ``line`` of what was served for it stands for."""
        return self._lines.get(path, {}).get(line, line)


def address(path: str) -> str:
    """Return the address of ``path`` in the catalogue."""
    return ROOT + quote(path, errors="surrogateescape")


def _path_in(location: str) -> tuple[bool, str]:
    """Return whether ``location`` is relative, and its path; no path where it is no address at all."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return False, ""
    return not parts.scheme and not parts.netloc, unquote(parts.path).replace("\\", "/")


def _missing(name: str, wanted: Reference, line: int) -> str:
    known = WELL_KNOWN.get(wanted.namespace)
    told = f"line {line}: {wanted.told} asks for {name or known or 'a file without name'}, which is not in the folder"
    return f"{told}; it is the public schema of {wanted.namespace}, put it there as {known}" if known else told
