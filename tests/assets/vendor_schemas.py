"""Made-up schemas of a canteen's software, with the faults that real vendors' schemas have; all written by this module."""

SCHEMA = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"'
DEAD = "http://people.vendor.invalid/~anna/latest/common/"
TYPES = f"""{SCHEMA} targetNamespace="urn:cantine:types">
  <xs:simpleType name="Centimes"><xs:restriction base="xs:int"><xs:minInclusive value="0"/></xs:restriction></xs:simpleType>
</xs:schema>
"""


def using(location: str) -> str:
    """A schema that imports the types from ``location``, on its line 2."""
    return f"""{SCHEMA} xmlns:t="urn:cantine:types">
  <xs:import namespace="urn:cantine:types" schemaLocation="{location}"/>
  <xs:element name="facture" type="t:Centimes"/>
</xs:schema>
"""


def including(location: str, *, verb: str = "include") -> str:
    """A schema that includes or redefines ``location``, on its line 2."""
    return f'{SCHEMA}>\n  <xs:{verb} schemaLocation="{location}"/>\n</xs:schema>\n'


def holding(content: str) -> str:
    """A schema whose ``content`` begins on line 2."""
    return f'{SCHEMA} xmlns:t="urn:cantine:types">\n{content}\n</xs:schema>\n'


def wsdl(location: str = "types.xsd", *, part: str = "c:Reserver", message: str = "c:reserver") -> str:
    """A service with one operation, whose types come from ``location``."""
    return f"""<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:c="urn:cantine" targetNamespace="urn:cantine">
  <w:types>
    {SCHEMA} xmlns:t="urn:cantine:types" targetNamespace="urn:cantine">
      <xs:import namespace="urn:cantine:types" schemaLocation="{location}"/>
      <xs:element name="Reserver" type="t:Centimes"/>
    </xs:schema>
  </w:types>
  <w:message name="reserver">
    <w:part name="corps" element="{part}"/>
  </w:message>
  <w:portType name="Cantine"><w:operation name="reserver">
    <w:input message="{message}"/>
  </w:operation></w:portType>
  <w:binding name="Cantine" type="c:Cantine">
    <s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="reserver"><s:operation soapAction=""/><w:input><s:body use="literal"/></w:input></w:operation>
  </w:binding>
  <w:service name="Cantine"><w:port name="Cantine" binding="c:Cantine"><s:address location=""/></w:port></w:service>
</w:definitions>
"""


USABLE: dict[str, dict[str, str | bytes]] = {
    "alone": {"types.xsd": TYPES},
    "beside": {"types.xsd": TYPES, "a.xsd": using("types.xsd")},
    "above": {"common/types.xsd": TYPES, "in/a.xsd": using("../common/types.xsd")},
    "dead host": {"common/types.xsd": TYPES, "in/deep/a.xsd": using(DEAD + "types.xsd")},
    "dead host, escaped": {"les types.xsd": TYPES, "a.xsd": using(DEAD + "les%20types.xsd")},
    "path of another machine": {"common/types.xsd": TYPES, "a.xsd": using("C:\\schemas\\types.xsd")},
    "moved": {"common/types.xsd": TYPES, "a.xsd": using("../elsewhere/types.xsd")},
    "copies": {"x/types.xsd": TYPES, "y/types.xsd": TYPES, "in/a.xsd": using(DEAD + "types.xsd")},
    "beside before elsewhere": {
        "types.xsd": TYPES,
        "other/types.xsd": holding("<!-- another -->"),
        "a.xsd": using("types.xsd"),
    },
    "two in a circle": {"a.xsd": including("b.xsd"), "b.xsd": including("a.xsd")},
    "nothing but a name": {"a.xsd": holding('<xs:import namespace="urn:nobody"/>')},
    "upper case": {"TYPES.XSD": TYPES, "A.Xsd": using("TYPES.XSD")},
    "utf-16": {"types.xsd": f'<?xml version="1.0" encoding="UTF-16"?>{TYPES}'.encode("utf-16")},
    "marked": {"types.xsd": TYPES.encode("utf-8-sig")},
    "latin": {"é.xsd": f'<?xml version="1.0" encoding="ISO-8859-1"?><!-- é -->{TYPES}'.encode("latin-1")},
    "service": {"types.xsd": TYPES, "a.wsdl": wsdl()},
    "service, dead host": {"common/types.xsd": TYPES, "wsdl/A.WSDL": wsdl(DEAD + "types.xsd")},
    "service in two files": {
        "types.xsd": TYPES,
        "a.wsdl": wsdl(),
        "b.wsdl": '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/">'
        '<import namespace="urn:cantine" location="http://vendor.invalid/ws/a.wsdl"/></definitions>',
    },
    "services in a circle": {
        f"{one}.wsdl": f'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:{one}">'
        f'<import namespace="urn:{other}" location="{other}.wsdl"/></definitions>'
        for one, other in ("ab", "ba")
    },
    "names of the whole world": {
        "xml.xsd": f'{SCHEMA} targetNamespace="http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang"/></xs:schema>',
        "a.xsd": holding(
            '<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="http://www.w3.org/2001/03/xml.xsd"/>'
            '<xs:complexType name="a"><xs:attribute ref="xml:lang"/></xs:complexType>'
        ),
    },
}
"""Folders of which every file can be used: path to content."""

BROKEN: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "type in lower case": (
        {"a.xsd": holding('  <xs:element name="le"\n    type="xs:datetime"/>')},
        "a.xsd",
        r"^line 3: .*datetime' does not resolve",
    ),
    "space after a name": (
        {"a.xsd": holding('<xs:complexType name="Enfant "/>\n<xs:element name="enfant" type="Enfant"/>')},
        "a.xsd",
        r"^line 3: .*'Enfant' does not resolve",
    ),
    "element without name": (
        {"a.xsd": holding('\n<xs:element type="xs:int"/>')},
        "a.xsd",
        r"^line 3: .*'name' is required",
    ),
    "import forgotten": (
        {"types.xsd": TYPES, "a.xsd": holding('<xs:element name="a" type="t:Centimes"/>')},
        "a.xsd",
        r"^line 2: .*not indicated by an import",
    ),
    "fault in what it includes": (
        {"a.xsd": including("b.xsd"), "b.xsd": holding('<xs:element\n name="le"\n type="xs:datetime"/>')},
        "a.xsd",
        r"^b\.xsd: line 4: .*datetime",
    ),
    "itself": ({"a.xsd": including("a.xsd")}, "a.xsd", r"^line 2: .*must not import/include/redefine itself"),
    "import missing": (
        {"a.xsd": using(DEAD + "types.xsd")},
        "a.xsd",
        r"^line 2: « http://people\S+ » asks for types\.xsd, which is not in the folder$",
    ),
    "import missing further on": (
        {"a.xsd": including("b.xsd"), "b.xsd": including("gone.xsd", verb="redefine")},
        "a.xsd",
        r"^b\.xsd: line 2: « gone.xsd » asks for gone\.xsd",
    ),
    "out of the folder": (
        {"a.xsd": using("../../../etc/passwd")},
        "a.xsd",
        r"asks for passwd, which is not in the folder",
    ),
    "file of this machine": (
        {"a.xsd": using("file:///etc/passwd")},
        "a.xsd",
        r"asks for passwd, which is not in the folder",
    ),
    "names of the whole world missing": (
        {
            "a.xsd": holding(
                '<xs:import namespace="http://www.w3.org/2000/09/xmldsig#" schemaLocation="http://w3.org/d.xsd"/>'
            )
        },
        "a.xsd",
        r"^line 2: .*put it there as xmldsig-core-schema\.xsd$",
    ),
    "language of XML missing": (
        {"a.xsd": holding('<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>')},
        "a.xsd",
        r"^line 2: .*asks for xml\.xsd, .*put it there as xml\.xsd$",
    ),
    "one of two": (
        {"x/types.xsd": TYPES, "y/types.xsd": TYPES + "\n", "a.xsd": using(DEAD + "types.xsd")},
        "a.xsd",
        r"^line 2: « \S+ » may be any of x/types\.xsd, y/types\.xsd$",
    ),
    "a service under a wrong name": (
        {"types.xsd": TYPES, "a.xsd": wsdl()},
        "a.xsd",
        r"^this is a WSDL, not an XML schema$",
    ),
    "a schema under a wrong name": ({"a.wsdl": TYPES}, "a.wsdl", r"^this is an XML schema, not a WSDL$"),
    "a message": ({"a.xsd": "<famille/>"}, "a.xsd", r"^this is a document whose root is famille, not an XML schema$"),
    "nothing": ({"a.xsd": b""}, "a.xsd", r"holds nothing"),
    "truncated": ({"a.xsd": TYPES[:80]}, "a.xsd", r"^line 1: "),
    "entities": ({"a.xsd": f'<!DOCTYPE a [<!ENTITY e "x">]>{TYPES}'}, "a.xsd", r"DOCTYPE"),
    "entities in what it imports": (
        {"a.xsd": using("types.xsd"), "types.xsd": f"<!DOCTYPE a []>{TYPES}"},
        "a.xsd",
        r"^types\.xsd: The document has a DOCTYPE",
    ),
    "service without its types": ({"a.wsdl": wsdl()}, "a.wsdl", r"^line 5: « types\.xsd » asks for types\.xsd"),
    "service with an unknown element": (
        {"types.xsd": TYPES, "a.wsdl": wsdl(part="c:Annuler")},
        "a.wsdl",
        r"^line 9: .*reserver.*invalid part \('corps'\)",
    ),
    "service with an unknown message": (
        {"types.xsd": TYPES, "a.wsdl": wsdl(message="c:annuler")},
        "a.wsdl",
        r"^line \d+: The wsdl:operation 'reserver' was not found",
    ),
    "service with types of the whole world": (
        {
            "a.wsdl": wsdl()
            .replace("t:Centimes", "e:string")
            .replace("xmlns:t=", 'xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" xmlns:t='),
            "types.xsd": TYPES,
        },
        "a.wsdl",
        r"put its schema into the folder as soap-encoding\.xsd$",
    ),
    "service of another age": (
        {"a.wsdl": '<description xmlns="http://www.w3.org/ns/wsdl"/>'},
        "a.wsdl",
        r"^this is a WSDL 2\.0, which is not spoken, not a WSDL$",
    ),
}
"""Folders with one file that cannot be used: its path, and the reason, as an expression."""


def in_bytes(files: dict[str, str | bytes]) -> dict[str, bytes]:
    """The same folder as it lies on a disk."""
    return {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
