"""Requests made from what a door says of itself: a body for every shape, a form for every page, a path for every route."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from hub.web.rendering import FOLDER

SAFE = ("GET", "HEAD")
_WORDS = {
    r"^\d{5}$": "75013",
    r"^[0-9]{6}$": "123456",
    r"^[0-9]{5}$": "75013",
    r"^\d{14}$": "91000001200013",
    r"^\d{7}[A-Z]$": "0750001U",
    r"^\d{4}-\d{4}$": "2026-2027",
    r"^[a-z0-9_]+$": "canteen_enrolment",
    r"^[a-z_]{1,60}$": "canteen_enrolment",
    r"^[a-z0-9-]{1,60}$": "caisse-13",
    r"^[A-Za-z0-9._-]{3,40}$": "CAISSE-13-1",
    r"^[A-Za-z0-9._:-]{1,120}$": "treatment:canteen_enrolment",
    r"^[A-Za-z0-9_-]+$": "MDA",
    r"^[^\x00-\x1f\x7f]+$": "Quelques mots",
    r"^[^\x00]*$": "Quelques mots",
}
"""A word for each pattern of the contract; a new pattern needs one, and fails the tests until it has it."""
FORMS = {
    "/accords/{confirmation}": (("answer", "confirm"),),
    "/autorisations/{authorisation}/non": (("answer", "pause"),),
    "/documents/{document_id}/remplacer": (("par", ""),),
}
"""What a form needs to be understood, where a field that other pages have too means something of its own."""
_FIELD = re.compile(r'name="([a-z_]+?)(?:_?\{\{[^}]*\}\})?"')


@dataclass(frozen=True, order=True)
class Route:
    """One method of one path, as the door names it."""

    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    def address(self, told: Mapping[str, str] | str) -> str:
        """The path with its parameters said; one word for all of them, or one each."""
        one = dict.fromkeys(self.parameters, told) if isinstance(told, str) else told
        return re.sub(r"\{(\w+)\}", lambda found: one[found[1]], self.path)


def routes_of(app: FastAPI) -> list[Route]:
    """Every route of an application, in the order it has them; what is mounted serves files and nobody's data."""
    found = dict.fromkeys(
        Route(method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
    )
    return list(found)


class Filler:
    """Makes the body of a route of one OpenAPI document, with one identifier wherever one is wanted."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def bodies(self, route: Route, identifier: str) -> Iterator[dict[str, Any]]:
        """What to send besides the path, as keyword arguments of a client: each variant of a JSON body, or a form."""
        operation = self._document["paths"].get(route.path, {}).get(route.method.lower())
        if route.method in SAFE:
            yield {}
        elif operation is None:
            yield {"data": form(identifier) | {name: said or identifier for name, said in FORMS.get(route.path, ())}}
        elif "application/json" in (content := operation.get("requestBody", {}).get("content", {})):
            yield from ({"json": one} for one in self._variants(content["application/json"]["schema"], identifier))
        else:
            yield {}

    def _variants(self, schema: Mapping[str, Any], identifier: str) -> Iterator[Any]:
        schema = self._read(schema)
        for one in schema.get("oneOf", (schema,)):
            yield self.value(one, identifier)

    def value(self, schema: Mapping[str, Any], identifier: str) -> Any:
        """The simplest value a schema takes, with every property said."""
        schema = self._read(schema)
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0], identifier)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema["type"]
        if kind == "object":
            return {name: self.value(one, identifier) for name, one in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.value(schema["items"], identifier)]
        if kind == "string":
            return self._string(schema, identifier)
        return {"boolean": True, "integer": schema.get("minimum", 1), "number": 1.0, "null": None}[kind]

    def _read(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def _string(self, schema: Mapping[str, Any], identifier: str) -> str:
        if (told := schema.get("format")) is not None:
            return {"uuid": identifier, "date": str(date.today()), "date-time": "2026-09-01T08:00:00Z"}[told]
        return _WORDS[schema["pattern"]] if "pattern" in schema else "Quelques mots"


def form(identifier: str) -> dict[str, str]:
    """One form with every field that any page has: days and boxes as they are ticked, the identifier everywhere else."""
    said = {"day": "1", "month": "9", "year": "2026", "postcode": "75013", "kind": "proof_of_address", "par": "email"}
    boxes = dict.fromkeys(("accuracy_sworn", "reuse_authorised", "confidential"), "oui")
    return dict.fromkeys(_fields(), identifier) | said | boxes


def _fields() -> set[str]:
    pages = (FOLDER / "templates").glob("*.html")
    return {name for page in pages for name in _FIELD.findall(page.read_text(encoding="utf-8"))}
