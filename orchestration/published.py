"""The contracts that are generated from the code, committed, and compared with it at every change."""

import json
from pathlib import Path
from typing import Any

from contracts.asyncapi import partners_document
from contracts.json_schemas import DIALECT, event_schemas, notification_schema, problem_schema
from hub.app import partners_routes, residents_routes
from hub.deposits.export import ExportManifest
from hub.partners.registry import PartnerFile
from hub.requirements.entries import CatalogueFile


def write(folder: Path) -> None:
    """Write every generated contract below ``folder``, and remove JSON files that the code no longer says."""
    said = _said()
    for name in _lying(folder) - said.keys():
        (folder / name).unlink()
    for name, text in said.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def differences(folder: Path) -> list[str]:
    """Return the names of contracts that are missing, left over or not what the code says; none when all is well."""
    said = _said()
    wrong = {name for name, text in said.items() if _text(folder / name) != text}
    return sorted(wrong | (_lying(folder) - said.keys()))


def _said() -> dict[str, str]:
    documents: dict[str, dict[str, Any]] = {
        "openapi/residents.json": residents_routes().openapi(),
        "openapi/partners.json": partners_routes().openapi(),
        "asyncapi/partners.json": partners_document(),
        "notification.json": notification_schema(),
        "export-manifest.json": ExportManifest.model_json_schema(),
        "problem.json": problem_schema(),
        "catalogue.json": _with_dialect(CatalogueFile.model_json_schema()),
        "partner.json": _with_dialect(PartnerFile.model_json_schema()),
        **{f"events/{name}.json": schema for name, schema in event_schemas().items()},
    }
    return {
        name: json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n" for name, told in documents.items()
    }


def _with_dialect(schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, **schema}


def _lying(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")}


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
