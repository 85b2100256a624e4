"""The locked contract of a connector: schemas whose every byte is known, and messages held against them."""

import hashlib
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

from lxml import etree

from connectors.errors import ContractChanged, ContractMissing, ManifestInvalid, XmlRefused
from connectors.schemas.catalogue import Catalogue
from connectors.schemas.checking import Kind, kind_of
from connectors.schemas.compiling import compile_xsd
from connectors.schemas.declared import Deviation, SchemaFile
from connectors.schemas.parsing import parse
from connectors.schemas.undoing import places, require_sound, undo
from connectors.schemas.wsdl import load_wsdl
from contracts.outcomes import ExchangeOutcome, OutcomeKind

UNAVAILABLE = "VALIDATION_UNAVAILABLE"
"""In place of libxml2's name for a rule, where it could not say anything."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a message breaks its schema: its path and line, and libxml2's name for the rule; no value."""

    path: str
    line: int
    rule: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holding a message against its schema came to.

    ``deviations`` are those that live and without which the message would not be valid; ``expired`` those of a breach
    that has outlived them.
    """

    breaches: tuple[Breach, ...] = ()
    deviations: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the message keeps to the schema, but for living deviations."""
        return not self.breaches

    @property
    def outcome(self) -> ExchangeOutcome | None:
        """The outcome of an exchange whose answer this is, or nothing where the answer may be read."""
        if self.valid:
            return None
        expired = f"; expired: {', '.join(self.expired)}" if self.expired else ""
        return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code=self.breaches[0].rule + expired)


class Contract:
    """Schemas compiled from locked bytes; any thread may check."""

    def __init__(self, schemas: dict[str, etree.XMLSchema], deviations: Iterable[Deviation]) -> None:
        """Keep compiled ``schemas`` by their identifier, and what may break them."""
        self._schemas = schemas
        self._deviations = tuple(deviations)
        self._lock = Lock()

    @classmethod
    def locked(cls, beside: str, files: Iterable[SchemaFile], deviations: Iterable[Deviation] = ()) -> "Contract":
        """Return the contract whose ``files`` lie beside the module file ``beside``; all of them are compiled.

        Raises:
            ContractMissing: a file is not there.
            ContractChanged: a byte of it is not what was locked.
            ManifestInvalid: a deviation cannot be looked for, or is one of no schema of this contract.
            SchemaRefused: a file does not compile, or asks for one that is not locked.
            XmlRefused: a file is no XML that we read.
        """
        declared, tolerated = tuple(files), tuple(deviations)
        folder = Path(beside).parent
        catalogue = Catalogue({each.file: _locked_bytes(folder, each) for each in declared})
        schemas = {}
        for each in declared:
            if kind_of(each.file) is Kind.WSDL:
                load_wsdl(catalogue, each.file)
            else:
                schemas[each.id] = compile_xsd(catalogue, each.file)
        for deviation in tolerated:
            require_sound(deviation)
            if deviation.contract not in schemas:
                raise ManifestInvalid(f"deviation {deviation.id}: no schema is called {deviation.contract}")
        return cls(schemas, tolerated)

    def check(self, message: bytes, contract: str, today: date) -> Verdict:
        """Hold ``message`` against the schema called ``contract``. Total: what cannot be validated is not valid."""
        try:
            return self._check(parse(message).root, contract, today)
        except XmlRefused as refused:
            return Verdict((Breach("", 0, type(refused).__name__),))
        except (KeyError, etree.LxmlError, MemoryError, RecursionError):
            return Verdict((Breach("", 0, UNAVAILABLE),))

    def _check(self, root: etree._Element, contract: str, today: date) -> Verdict:
        schema = self._schemas[contract]
        if not self._faults(schema, root):
            return Verdict()
        mine = [deviation for deviation in self._deviations if deviation.contract == contract]
        applied = [one for one in mine if one.lives(today) and places(root, one)]
        left, used = self._undone(schema, root, applied)
        if left:
            expired = tuple(one.id for one in mine if today >= one.expires and places(root, one))
            return Verdict(tuple(Breach(fault.path or "", fault.line, fault.type_name) for fault in left), (), expired)
        # What the message does not need is not said of it.
        for one in used:
            fewer = [each for each in applied if each is not one]
            if not self._undone(schema, root, fewer)[0]:
                applied = fewer
        return Verdict(deviations=tuple(one.id for one in applied if one in used))

    def _undone(
        self, schema: etree.XMLSchema, root: etree._Element, deviations: list[Deviation]
    ) -> "tuple[list[etree._LogEntry], list[Deviation]]":
        """Return what is wrong with a copy in which ``deviations`` are undone, and which of them were there."""
        copy = deepcopy(root)
        found = [one for one in deviations if undo(copy, one)]
        return self._faults(schema, copy), found

    def _faults(self, schema: etree.XMLSchema, root: etree._Element) -> "list[etree._LogEntry]":
        """Return what is wrong with the document; a refusal without a reason is an error of the validator.

        Raises:
            XMLSchemaValidateError: the validator failed.
        """
        # A compiled schema keeps the log of its last document.
        with self._lock:
            if schema.validate(root):
                return []
            faults = list(schema.error_log)
        if not faults:
            raise etree.XMLSchemaValidateError("no reason given")
        return faults


def _locked_bytes(folder: Path, declared: SchemaFile) -> bytes:
    try:
        data = (folder / declared.file).read_bytes()
    except OSError:
        raise ContractMissing(declared.file) from None
    if hashlib.sha256(data).hexdigest() != declared.sha256:
        raise ContractChanged(declared.file)
    return data
