"""What a door's OpenAPI document says beyond its routes: who may call, and the one shape of every refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from contracts.json_schemas import problem_schema
from hub.api.problems import CORRELATION_HEADER, MEDIA_TYPE
from hub.api.repeating import HEADER, SAFE

_OWN_REFUSALS = {"/oauth/token", "/oauth/revoke"}
"""Routes whose refusals another standard shapes (RFC 6749 5.2, RFC 7009 2.2.1); their faults are problem documents all the same."""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A retry under the same key within 24 hours has the first answer, and no second effect.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 130},
}
_FRAMEWORK_SHAPES = ("HTTPValidationError", "ValidationError")


@dataclass(frozen=True, slots=True)
class Guard:
    """How a caller proves who it is: the name of a security scheme, and the scheme (OpenAPI 3.1, 4.8.27)."""

    name: str
    scheme: Mapping[str, Any]


def describe(app: FastAPI, guards: Mapping[Callable[..., Any], Guard]) -> None:
    """Make ``app.openapi()`` the whole document; ``guards`` says which dependency is which proof."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            raw = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            app.openapi_schema = _completed(raw, _proofs(app, guards), guards)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the way FastAPI documents for extending it


def dependencies_of(dependant: Dependant) -> set[Callable[..., Any]]:
    """Return every function a route depends on, however far down."""
    found = {dependant.call} if dependant.call is not None else set()
    return found.union(*(dependencies_of(below) for below in dependant.dependencies))


def _proofs(
    app: FastAPI, guards: Mapping[Callable[..., Any], Guard]
) -> dict[tuple[str, str], list[dict[str, list[str]]]]:
    proofs = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            continue
        wanted = [{guards[call].name: list[str]()} for call in dependencies_of(dependant) if call in guards]
        for method in route.methods or ():
            proofs[str(route.path_format), method.lower()] = wanted
    return proofs


def _completed(
    raw: dict[str, Any],
    proofs: Mapping[tuple[str, str], list[dict[str, list[str]]]],
    guards: Mapping[Callable[..., Any], Guard],
) -> dict[str, Any]:
    for path, methods in raw["paths"].items():
        for method, operation in methods.items():
            # Ours is a problem document; the framework's own shape is never sent.
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
            if wanted := proofs.get((path, method)):
                operation["security"] = wanted
                _leave_out_authorization(operation)
                _name_the_key(path, method, operation)
            if path in _OWN_REFUSALS:
                _oauth_refusals(operation)
    parts = raw.setdefault("components", {})
    shapes = parts.setdefault("schemas", {})
    for name in _FRAMEWORK_SHAPES:
        shapes.pop(name, None)
    shapes["Problem"] = {name: value for name, value in problem_schema().items() if name != "$schema"}
    parts["responses"] = {"Problem": _refusal()}
    parts["securitySchemes"] = {guard.name: dict(guard.scheme) for guard in guards.values()}
    return raw


def _refusal() -> dict[str, Any]:
    header = {"description": "The problem's correlation_id.", "schema": {"type": "string"}}
    return {
        "description": "A refusal or a fault: a problem document (RFC 9457) of the closed list",
        "headers": {CORRELATION_HEADER: header},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _leave_out_authorization(operation: dict[str, Any]) -> None:
    # OpenAPI says it by the security scheme and ignores a parameter of that name.
    kept = [one for one in operation.get("parameters", ()) if one["name"].lower() != "authorization"]
    if kept:
        operation["parameters"] = kept
    else:
        operation.pop("parameters", None)


def _name_the_key(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say that a write of a known caller may carry a key; uploads in parts have their own way (tus 1.0)."""
    named = operation.setdefault("parameters", [])
    known = any(one["name"].lower() == HEADER for one in named)
    if method.upper() not in SAFE and not path.startswith("/v1/uploads") and not known:
        named.append(_KEY)
    if not named:
        operation.pop("parameters")


def _oauth_refusals(operation: dict[str, Any]) -> None:
    error = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    for status in ("400", "401"):
        operation["responses"][status]["content"] = {"application/json": {"schema": error}}
