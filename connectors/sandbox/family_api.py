"""API Particulier, played: quotient familial in both modes, with the error bodies of the real one."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.identity.grants import GrantRefused, Grants
from connectors.sandbox.personas import Family, Member, Persona, Population
from connectors.sandbox.provisioning import api_tokens
from contracts.identifiers import is_siret

TARGET = "api-particulier"
SCOPE = "cnaf_quotient_familial"
_COUNTRY = re.compile(r"\d{5}")

_ERRORS: dict[str, tuple[int, str, str, str | None]] = {
    "00101": (401, "Interdit", "Votre token n'est pas valide ou n'est pas renseigné", None),
    "00100": (403, "Privilèges insuffisants", "Votre token est valide mais vos privilèges sont insuffisants.", None),
    "37003": (404, "Dossier allocataire absent CNAV", "Le dossier allocataire n'a pas été trouvé.", "CNAV"),
    "00203": (422, "Entité non traitable", "Le paramètre recipient est manquant ou invalide.", None),
    "00366": (422, "Entité non traitable", "Les paramètres de civilité sont manquants ou invalides.", None),
    "00429": (429, "Trop de requêtes", "Vous avez effectué trop de requêtes", None),
    "37999": (502, "Erreur inconnue du fournisseur de données", "La réponse du fournisseur est invalide.", "CNAV"),
    "37001": (503, "Fournisseur indisponible", "Le fournisseur de données est indisponible.", "CNAV"),
    "37002": (504, "Intermédiaire hors-délai", "Temps d'attente d'une réponse du fournisseur écoulé.", "CNAV"),
}
_FAULT_CODES = {"401": "00101", "429": "00429", "502": "37999", "503": "37001", "504": "37002"}


def router(
    state: Path, population: Population, faults: Faults, clock: Callable[[], datetime], *, grants: Grants
) -> APIRouter:
    """Return the routes under ``/api-particulier``."""
    routes = APIRouter(prefix="/api-particulier")

    @routes.get("/v3/dss/quotient_familial/identite")
    def quotient_familial(request: Request) -> Response:
        fault = faults.next(TARGET)
        if fault is not None:
            return _misbehave(fault)
        refusal = _refusal(request, state)
        if refusal is not None:
            return _error(refusal)
        family = _family(request, population)
        return _error("37003") if family is None else JSONResponse(_answer(family, request, clock()))

    @routes.get("/v3/dss/quotient_familial/france_connect")
    def of_who_signed_in(request: Request) -> Response:
        fault = faults.next(TARGET)
        if fault is not None:
            return _misbehave(fault)
        if not is_siret(request.query_params.get("recipient", "")):
            return _error("00203")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            authorization = grants.holder(token, provider="franceconnect", now=clock())
        except GrantRefused:
            return _error("00101")
        if SCOPE not in authorization.scope.split():
            return _error("00100")
        family = _own_family(authorization.persona, population)
        return _error("37003") if family is None else JSONResponse(_answer(family, request, clock()))

    return routes


def _own_family(person: Persona, population: Population) -> Family | None:
    return population.family_of(
        birth_name=person.family_name,
        first_name=person.given_names[0],
        sex="F" if person.gender == "female" else "M",
        birth=tuple(int(part) for part in person.birthdate.split("-")),
    )


def _refusal(request: Request, state: Path) -> str | None:
    """Return the code of the first thing wrong: the token, then the recipient, then whose token it is, then who."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    siret = api_tokens(state).get(token) if scheme == "Bearer" and token else None
    if siret is None:
        return "00101"
    query = request.query_params
    recipient = query.get("recipient", "")
    if not is_siret(recipient):
        return "00203"
    if recipient != siret:
        return "00100"
    named = query.get("nomNaissance") and 1 <= len(query.getlist("prenoms[]")) <= 3
    right = query.get("sexeEtatCivil") in ("F", "M") and _COUNTRY.fullmatch(query.get("codeCogInseePaysNaissance", ""))
    numbers = all(_number(query.get(name)) is not None for name in _NUMBERS if name in query)
    return None if named and right and numbers else "00366"


_NUMBERS = ("anneeDateNaissance", "moisDateNaissance", "jourDateNaissance", "annee", "mois")


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 4 else None


def _family(request: Request, population: Population) -> Family | None:
    query = request.query_params
    return population.family_of(
        birth_name=query["nomNaissance"],
        first_name=query.getlist("prenoms[]")[0],
        sex=query["sexeEtatCivil"],
        birth=tuple(_number(query.get(name)) for name in _NUMBERS[:3]),
    )


def _answer(family: Family, request: Request, now: datetime) -> dict[str, Any]:
    query = request.query_params
    return {
        "data": {
            "allocataires": [_member(member) for member in family.allocataires],
            "enfants": [_member(member) for member in family.children],
            "adresse": {
                "destinataire": family.allocataires[0].birth_name,
                "complement_information": None,
                "complement_information_geographique": None,
                "numero_libelle_voie": "12 RUE IMAGINAIRE",
                "lieu_dit": None,
                "code_postal_ville": "75013 PARIS",
                "pays": "FRANCE",
            },
            "quotient_familial": {
                "fournisseur": family.provider,
                "valeur": family.quotient,
                "annee": _number(query.get("annee")) or now.year,
                "mois": _number(query.get("mois")) or now.month,
                "annee_calcul": now.year,
                "mois_calcul": now.month,
            },
        },
        "links": {},
        "meta": {},
    }


def _member(member: Member) -> dict[str, str | None]:
    return {
        "nom_naissance": member.birth_name,
        "nom_usage": member.usage_name,
        "prenoms": member.first_names,
        "date_naissance": member.birth_date,
        "sexe": member.sex,
    }


def _misbehave(order: FaultOrder) -> Response:
    if order.kind not in _FAULT_CODES:
        return Response("<html><body>Connectez-vous au portail</body></html>", media_type="text/html")
    return _error(_FAULT_CODES[order.kind], retry_after=order.retry_after)


def _error(code: str, *, retry_after: int | None = None) -> JSONResponse:
    status, title, detail, provider = _ERRORS[code]
    meta = {} if provider is None else {"provider": provider}
    source = {"parameter": "token"} if status in (401, 403) else None
    body = {"errors": [{"code": code, "title": title, "detail": detail, "source": source, "meta": meta}]}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body, status_code=status, headers=headers)
