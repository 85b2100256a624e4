"""Commands as requests of the dialect: the same bytes for the same command."""

from typing import Any
from urllib.parse import quote, urlencode

from connectors.caisse.commands import (
    Command,
    DecisionsAsked,
    InvoicesAsked,
    Line,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from connectors.port import Binding, WireRequest
from connectors.rest import written_json


def written(command: Command, binding: Binding) -> WireRequest:
    """Return the request for ``command``; raises :class:`~connectors.errors.SecretMissing`."""
    body: dict[str, Any]
    match command:
        case Register():
            return _post(binding, "inscriptions", _line(command.line), command.natural_key)
        case Reserve():
            body = {
                "session": str(command.session),
                "ligne": str(command.line),
                "jours": [day.isoformat() for day in command.days],
            }
            return _post(binding, "reservations", body, command.natural_key)
        case SynchroniseFamilies():
            body = {
                "jour": command.day.isoformat(),
                "sequence": command.sequence,
                "familles": [
                    {
                        "reference": str(family.reference),
                        "inscriptions": [_line(line) for line in family.lines],
                        "sorties": [str(line) for line in family.gone],
                    }
                    for family in command.families
                ],
            }
            return _post(binding, "familles", body, command.natural_key)
        case ReservationAsked():
            return get(binding, f"reservations/{quote(str(command.session))}")
        case DecisionsAsked():
            asked = {"depuis": command.since.isoformat(), "avant": command.until.isoformat()}
            return get(binding, "decisions", asked | ({"curseur": command.cursor} if command.cursor else {}))
        case InvoicesAsked():
            return get(binding, "factures", {"famille": str(command.family), "jour": command.day.isoformat()})


def get(binding: Binding, path: str, query: dict[str, str] | None = None) -> WireRequest:
    """Return a read of ``path``; raises :class:`~connectors.errors.SecretMissing`."""
    url = f"{binding.base_url.rstrip('/')}/{path}"
    return WireRequest("GET", f"{url}?{urlencode(query)}" if query else url, _headers(binding))


def _post(binding: Binding, path: str, body: dict[str, Any], key: str) -> WireRequest:
    headers = (*_headers(binding), ("idempotency-key", f'"{key}"'))
    return written_json("POST", f"{binding.base_url.rstrip('/')}/{path}", headers, body)


def _headers(binding: Binding) -> tuple[tuple[str, str], ...]:
    return ("authorization", f"Bearer {binding.secret('token')}"), ("accept", "application/json")


def _line(line: Line) -> dict[str, Any]:
    child = line.child
    return {
        "ligne": str(line.line),
        "enfant": {
            "reference": str(child.reference),
            "nom": child.family_name,
            "prenom": child.first_name,
            "date_naissance": child.birth_date.isoformat(),
        },
        "activite": line.service,
        "annee_scolaire": line.school_year,
        "tranche_proposee": line.proposed_band,
    }
