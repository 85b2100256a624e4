"""Plain names of what a 2D-Doc carries, as the specification gives them."""

from tddoc.data_definition import c40

_NATIONAL = 1
"""The perimeter of the State's own types; the only one the library describes."""


def document_name(document_type: str) -> str:
    """Return what a document type is, « Justificatif de domicile : Facture »; empty where it is not described."""
    described = c40.doctype_get(_NATIONAL, document_type)
    if described.user_type.startswith("Unknown "):
        return ""
    return f"{described.user_type} : {described.emitter_type}"


def field_name(identifier: str) -> str:
    """Return what a data identifier is, « Code postal »; empty where it is not described."""
    name = str(c40.datatype_get(_NATIONAL, identifier)[1].name)
    return "" if name.startswith("Unknown ") else name
