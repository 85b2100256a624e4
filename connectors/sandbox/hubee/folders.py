"""Folders of FormulaireQF as a town gets them: a quotient familial in three files, whole or spoilt as ordered."""

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.papers.sheet import sheet

Flaw = Literal["", "digest", "no_digest", "size", "identity", "json", "files"]
"""How a folder is spoilt: its JSON file's digest, or none told; its size; another family's figure; no JSON; a file less."""


class Member(BaseModel):
    """One of a family, as the CAF knows them."""

    model_config = ConfigDict(extra="forbid")

    family_name: str
    given_names: str
    birthdate: str
    sex: Literal["F", "M"] = "F"

    def spelt(self) -> dict[str, str]:
        """Return them as API Particulier v3 spells them."""
        return {
            "nom_naissance": self.family_name,
            "nom_usage": self.family_name,
            "prenoms": self.given_names,
            "date_naissance": self.birthdate,
            "sexe": self.sex,
        }


class FolderOrder(BaseModel):
    """A parent sends a quotient to a town."""

    model_config = ConfigDict(extra="forbid")

    siret: str = Field(pattern=r"^[0-9]{14}$")
    pivot: dict[str, Any]
    """Who signed in, in FranceConnect's words."""
    value: int = Field(ge=0)
    year: int
    month: int = Field(ge=1, le=12)
    children: list[Member] = []
    flaw: Flaw = ""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of a case, and the digest it is sent with."""

    name: str
    media_type: str
    content: bytes
    digest: str
    size: int


def files_of(order: FolderOrder) -> dict[UUID, HeldFile]:
    """Return the files of the folder that ``order`` asks for."""
    said = _said(order)
    content = b"{" if order.flaw == "json" else json.dumps(said, ensure_ascii=False).encode()
    pivot = order.pivot
    paper = sheet("Quotient familial", [f"{pivot['family_name']} {pivot['given_name']}", f"{order.value} EUR"])
    files = [
        ("FormulaireQF.json", "application/json", content),
        ("FormulaireQF.xml", "application/xml", _xml(said)),
        (f"quotient_familial_{pivot['family_name']}_{pivot['given_name']}.pdf", "application/pdf", paper),
    ]
    found = {}
    for name, media_type, held in files[1:] if order.flaw == "files" else files:
        digest = b64encode(hashlib.sha256(held).digest()).decode()
        size = len(held)
        if name.endswith(".json"):
            spoilt = b64encode(bytes(32)).decode()
            digest = {"digest": spoilt, "no_digest": ""}.get(order.flaw, digest)
            size += order.flaw == "size"
        found[uuid4()] = HeldFile(name, media_type, held, digest, size)
    return found


def _said(order: FolderOrder) -> dict[str, Any]:
    pivot = order.pivot
    parent = Member(
        family_name=pivot["family_name"],
        given_names=pivot["given_name"],
        birthdate="1901-01-01" if order.flaw == "identity" else pivot["birthdate"],
        sex="F" if pivot["gender"] == "female" else "M",
    )
    family = {"allocataires": [parent.spelt()], "enfants": [one.spelt() for one in order.children]}
    figure = {"fournisseur": "CNAF", "valeur": order.value, "annee": order.year, "mois": order.month}
    figure |= {"annee_calcul": order.year, "mois_calcul": order.month}
    older = {"regime": "CNAF", "quotientFamilial": order.value, "annee": order.year, "mois": order.month}
    return {
        "external_id": "",
        "pivot_identity": pivot,
        "quotient_familial_v3": {**family, "quotient_familial": figure, "version": "v3"},
        "quotient_familial": older | {"version": "v2"},
    }


def _xml(said: dict[str, Any]) -> bytes:
    figure = said["quotient_familial"]
    inside = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in figure.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><hash><quotient-familial>{inside}</quotient-familial></hash>'.encode()
    )
