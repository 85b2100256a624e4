"""Bodies that decide: a family with lines at a Caisse and at Paris Familles, and what the Caisse sends back."""

import secrets
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from tests.journeys.doors import Partner, coined, family
from tests.system import CAISSE, FAMILLES, Resident, System

REUSED = ("after_school", "tariff_decision")


def deciding(system: System, **facts: Any) -> tuple[Resident, UUID, UUID]:
    """A family that asked for the canteen's tariff and for activities after school, and what either body calls its line."""
    parent, child = family(system, **facts)
    assert parent.request(child, "canteen_tariff", CAISSE).status_code == 201
    assert parent.request(child, "after_school", FAMILLES).status_code == 201
    return parent, coined(parent, CAISSE, "canteen_tariff"), coined(parent, FAMILLES, "after_school")


def tariff(line: Any, **changed: Any) -> dict[str, Any]:
    """A tariff as a Caisse sends it."""
    return {
        "kind": "tariff",
        "service": "canteen_tariff",
        "line": str(line),
        "number": f"T-{secrets.token_hex(8)}",
        "decided_on": date.today().isoformat(),
        "valid_from": "2026-09-01",
        "valid_until": "2027-08-31",
        "band": "4",
        "author": {"service": "Restauration scolaire", "function": "Responsable des tarifs"},
        "remedies": [
            {"kind": "gracious", "before": "Caisse des écoles du 13e arrondissement", "within_months": 2},
            {"kind": "court", "before": "Tribunal administratif de Paris", "within_months": 2},
        ],
    } | changed


def send(partner: Partner, *decisions: dict[str, Any], token: str | None = None, **headers: str) -> httpx.Response:
    """Send decisions, and return the door's answer."""
    proving = partner.proving(token or partner.token())
    return partner.http.post("/hub/v1/decisions", json={"decisions": decisions}, auth=proving, headers=headers)


def outcomes(answer: httpx.Response) -> list[tuple[str, str | None]]:
    """What became of each decision of a batch."""
    assert answer.status_code == 200, answer.text
    return [(one["outcome"], one["flaw"]) for one in answer.json()["decisions"]]
