"""The acknowledgement of a request: date, service in charge, contact, what is missing, what silence means."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.calendar import paris_day
from contracts.identifiers import Siret
from hub.requests.notices import notice_on_request
from hub.requirements.catalogue import Catalogue

PAPERS_WITHIN = timedelta(days=30)
_REMEDIES = (
    "Vous pouvez contester la décision dans les deux mois : recours auprès du service, "
    "puis recours devant le tribunal administratif de Paris."
)


def acknowledge(
    catalogue: Catalogue, service_id: str, body_siret: Siret, request_id: UUID, *, now: datetime
) -> dict[str, Any]:
    """Return the acknowledgement of a request (CRPA L.112-11, L.114-5, R.112-11-1).

    A missing paper delays the effect of the decision only and never stops instruction (L.114-5-1); the text says so.
    """
    service, body = catalogue.services[service_id], catalogue.bodies[body_siret]
    day = paris_day(now)
    return {
        "request": str(request_id),
        "received_at": now.isoformat(),
        "service": service.name_fr,
        "in_charge": {
            "name": body.name,
            "address": body.address,
            "email": body.email,
            "phone": body.phone,
        },
        "decision_before": (day + timedelta(days=service.due_days)).isoformat(),
        "silence": service.silence,
        "remedies": _REMEDIES,
        "papers_before": (day + PAPERS_WITHIN).isoformat(),
        "papers": [
            {
                "requirement": requirement.id,
                "name": requirement.name_fr,
                "alternatives": [catalogue.evidence[kind].name_fr for kind in requirement.alternatives],
                "fetched_for_you": requirement.fetch is not None,
                "awaited_from": requirement.awaited_from,
                "sworn_statement_possible": requirement.sworn_statement,
            }
            for requirement in service.requirements
        ],
        "note": "Un document manquant ne bloque pas l'étude de votre demande.",
        "notice": notice_on_request(catalogue, service_id, body_siret).body,
    }
