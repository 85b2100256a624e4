"""Load a WSDL 1.1 with zeep, with nothing but the catalogue to draw on."""

import re
import warnings
from typing import Any, NoReturn

from lxml import etree
from zeep import exceptions
from zeep.settings import Settings
from zeep.wsdl import Document

from connectors.errors import SchemaMalformed
from connectors.schemas.catalogue import ROOT, WSDL, Catalogue, address
from connectors.schemas.compiling import require_root, require_whole

_NAME = re.compile(r"(?:\{[^{}]*\}|operation ')([\w.-]+)")
_SETTINGS = Settings(strict=True, forbid_dtd=True, forbid_entities=True, force_https=False)


class ShelfTransport:
    """What zeep takes for its way to the world: reads the catalogue, sends nothing."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Keep the catalogue to read from."""
        self._catalogue = catalogue

    def load(self, url: str) -> bytes:
        """Return the document at ``url``.

        Raises:
            SchemaRefused: the catalogue does not hold it.
        """
        return self._catalogue.serve(url)

    def post(self, address: str, _message: object, _headers: object) -> NoReturn:
        """Refuse: a contract is read here, nobody is called."""
        raise SchemaMalformed(f"calls {address} while it is read")

    get = post_xml = post


def load_wsdl(catalogue: Catalogue, path: str) -> Document:
    """Return the service description at ``path``, with every type, message and operation it uses resolved.

    Raises:
        SchemaRefused: it asks for what is not here, is of another kind, or does not hold together.
        XmlRefused: it is no XML that we read.
    """
    require_root(catalogue, path, f"{{{WSDL}}}definitions")
    require_whole(catalogue, path)
    try:
        with warnings.catch_warnings():
            # zeep leaves out what it cannot resolve, and merely warns: an operation nobody could call.
            warnings.simplefilter("error", UserWarning)
            shelf: Any = ShelfTransport(catalogue)
            return Document(address(path), shelf, settings=_SETTINGS)
    except exceptions.XMLParseError as error:
        raise SchemaMalformed(_located(error, catalogue, path)) from None
    except (exceptions.Error, UserWarning) as error:
        raise SchemaMalformed(_guessed(str(error) or type(error).__name__, catalogue, path)) from None
    except (LookupError, ValueError, TypeError, AttributeError, NotImplementedError, etree.LxmlError) as error:
        # zeep leans on the description being right: what is wrong with it shows as any of these.
        raise SchemaMalformed(_guessed(f"{type(error).__name__}: {error}", catalogue, path)) from None


def _located(error: exceptions.XMLParseError, catalogue: Catalogue, path: str) -> str:
    where = catalogue.path(error.filename) if str(error.filename or "").startswith(ROOT) else path
    prefix = "" if where == path else f"{where}: "
    line = f"line {catalogue.line(where, error.sourceline)}: " if error.sourceline else ""
    return f"{prefix}{line}{_plain(str(error.message))}"


def _guessed(words: str, catalogue: Catalogue, path: str) -> str:
    """Return what zeep says without a line, led by the first line of the file that uses the name it says it of."""
    named = _NAME.search(words)
    lines = (
        element.sourceline
        for element in catalogue.document(path).root.iter("*")
        if named and any(value.rpartition(":")[2] == named[1] for value in map(str, element.attrib.values()))
    )
    line = next(lines, None)
    return (f"line {line}: " if line else "") + _plain(words)


def _plain(words: str) -> str:
    return " ".join(words.replace(ROOT, "").split())
