"""Compile an XSD with libxml2, with nothing but the catalogue to draw on."""

from lxml import etree

from connectors.errors import ConnectorError, SchemaMalformed, SchemaOfAnotherKind, SchemaRefused, XmlMalformed
from connectors.schemas.catalogue import WSDL, XSD, Catalogue, address

_ROOTS = {
    f"{{{XSD}}}schema": "an XML schema",
    f"{{{WSDL}}}definitions": "a WSDL",
    "{http://www.w3.org/ns/wsdl}description": "a WSDL 2.0, which is not spoken",
}


class _Shelf(etree.Resolver):
    """Hands libxml2 what the catalogue serves; whatever else it asks for is an error, and is kept."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def resolve(
        self, system_url: str | None, public_id: str | None, context: object
    ) -> "etree._docloader._InputDocument | None":
        """Return the document at ``system_url``; without one, a document of another name is no schema either."""
        data = self._catalogue.serve(system_url or public_id or "")
        return self.resolve_string(data, context, base_url=system_url)


def compile_xsd(catalogue: Catalogue, path: str) -> etree.XMLSchema:
    """Return the compiled schema at ``path``, whole: each file it asks for, directly or not, is in the catalogue.

    Raises:
        SchemaRefused: it asks for what is not here, is of another kind, or does not compile; said with line and reason.
        XmlRefused: it is no XML that we read.
    """
    require_root(catalogue, path, f"{{{XSD}}}schema")
    require_whole(catalogue, path)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Shelf(catalogue))
    url = address(path)
    try:
        return etree.XMLSchema(etree.fromstring(catalogue.serve(url), parser, base_url=url))
    except etree.XMLSchemaParseError as error:
        raise SchemaMalformed(_first(error, catalogue, path)) from None


def require_root(catalogue: Catalogue, path: str, tag: str) -> None:
    """Make sure that the document at ``path`` is of the kind its name says.

    Raises:
        SchemaOfAnotherKind: it is not.
        XmlRefused: it is no XML that we read.
    """
    found = str(catalogue.document(path).root.tag)
    if found != tag:
        what = _ROOTS.get(found, f"a document whose root is {found}")
        raise SchemaOfAnotherKind(f"this is {what}, not {_ROOTS[tag]}")


def require_whole(catalogue: Catalogue, path: str) -> None:
    """Make sure that everything ``path`` asks for, directly or not, is here and readable; cycles are lawful.

    libxml2 merely warns of an import it cannot follow, and compiles what does not use it.

    Raises:
        SchemaRefused: something is not, said with the file that asks for it and the line.
    """
    seen, waiting = {path}, [path]
    while waiting:
        importer = waiting.pop()
        try:
            found = catalogue.asked_by(importer)
        except ConnectorError as error:
            if importer == path:
                raise
            raise SchemaRefused(f"{importer}: {in_words(error)}") from None
        waiting += [each for each in found if each not in seen]
        seen.update(found)


def in_words(error: ConnectorError) -> str:
    """Return what ``error`` says, with the parser's own words where it has some: schemas hold nobody's data."""
    return f"line {error.line}: {error.words}" if isinstance(error, XmlMalformed) else str(error)


def _first(error: etree.XMLSchemaParseError, catalogue: Catalogue, path: str) -> str:
    """Return the first fault with the line of the file it lies in, named where it is another one."""
    faults = [entry for entry in error.error_log if entry.level >= etree.ErrorLevels.ERROR]
    if not faults:
        return str(error)
    first = faults[0]
    where = path
    if first.filename and first.filename.startswith("https:"):
        where = catalogue.path(first.filename)
    prefix = "" if where == path else f"{where}: "
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{prefix}line {catalogue.line(where, first.line)}: {' '.join(first.message.split())}{more}"
