"""Ask API Particulier by any of its routes and read what comes back: the HTTP status first, codes are opaque."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from connectors.api_particulier.messages import ErrorAnswer, ErrorItem, Question
from connectors.api_particulier.routes import Mode
from connectors.errors import OperationNotEnabled, SecretMissing
from connectors.port import (
    HELD_BACK,
    Binding,
    Exchange,
    Manifest,
    WireRequest,
    load_manifest,
    retry_after,
    unfinished,
)
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
RATE_LIMIT_WAIT = timedelta(seconds=60)
"""How long to wait when a 429 does not say: the longest of the published windows, since not waiting means a ban."""


class ApiParticulierCodec:
    """All routes, each for the binding's SIRET under that body's own token, or under a person's of FranceConnect."""

    manifest: Manifest = MANIFEST

    def encode(self, command: Question, binding: Binding) -> WireRequest:
        """Write the question.

        Raises:
            OperationNotEnabled: the binding's habilitation is not for this route.
            SecretMissing: the binding has no ``token``, or a question in FranceConnect mode none of its person.
        """
        route = command.route
        if route.name not in binding.operations:
            raise OperationNotEnabled(f"{binding.slug}: {route.name}")
        if route.mode is not Mode.FRANCE_CONNECT:
            token = binding.secret("token")
        elif command.access_token is not None:
            token = command.access_token.get_secret_value()
        else:
            raise SecretMissing(f"{binding.slug}: access_token")
        query = urlencode([("recipient", str(binding.siret)), *command.pairs()], quote_via=quote)
        url = f"{binding.base_url.rstrip('/')}{route.path}?{query}"
        return WireRequest("GET", url, (("authorization", f"Bearer {token}"), ("accept", "application/json")))

    def decode(self, command: Question, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer.

        409 means that the same question is being answered: unavailable, so that it is asked again, and not
        rate-limited, which would hold back every other question under this token.
        """
        if exchange.fault == HELD_BACK:
            until = retry_after(exchange) or exchange.at + RATE_LIMIT_WAIT
            return ExchangeOutcome(OutcomeKind.RATE_LIMITED, code=HELD_BACK, until=until)
        broken = unfinished(exchange, self.manifest.operations[command.route.datum])
        status = exchange.status
        if broken is not None or status is None:
            return broken or ExchangeOutcome(OutcomeKind.UNAVAILABLE)
        if status == 200:
            return _found(command, exchange)
        return _refused(status, exchange)


def _breach(code: str) -> ExchangeOutcome:
    return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code=code)


def _found(command: Question, exchange: Exchange) -> ExchangeOutcome:
    shape = command.route.shape
    try:
        data = shape.adapter.validate_json(exchange.body)["data"]
    except ValidationError:
        return _breach("shape")
    kept = shape.keeps(data)
    if not kept:
        return _breach("nothing_asked_for")
    if _somebody_else(command, shape.birth_dates(data), data):
        return _breach("identity_mismatch")
    if _another_period(command.parameters, data):
        return _breach("period_mismatch")
    found = _family(data) if command.route.datum == "quotient_familial" else kept
    return ExchangeOutcome(OutcomeKind.FOUND, code="200", as_of=exchange.at, data=found)


def _somebody_else(command: Question, born: list[str], data: Mapping[str, Any]) -> bool:
    """Tell whether the answer is about another person, whatever made the provider mix them up.

    An answer that names nobody cannot be compared: its provider gives the datum alone, or the habilitation no more.
    """
    asked = command.parameters.get("identifiant")
    if asked is not None and data.get("identifiant", asked) != asked:
        return True
    identity = command.identity
    return identity is not None and bool(born) and not any(identity.born_on(date) for date in born)


def _another_period(asked: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    quotient = data.get("quotient_familial", {})
    months = any(name in asked and str(quotient.get(name)) != asked[name].lstrip("0") for name in ("annee", "mois"))
    year = str(asked.get("anneeScolaire", ""))
    return months or not str(data.get("annee_scolaire", year)).startswith(year)


def _family(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a quotient familial in our words; the postal address is declarative and not needed, so it is not kept."""
    quotient, children = data["quotient_familial"], data.get("enfants")
    return {
        "quotient_familial": quotient["valeur"],
        "year": quotient["annee"],
        "month": quotient["mois"],
        "calculated_year": quotient["annee_calcul"],
        "calculated_month": quotient["mois_calcul"],
        "provider": quotient["fournisseur"],
        "allocataires": [_member(member) for member in data["allocataires"]],
        "enfants": None if children is None else [_member(member) for member in children],
    }


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "birth_name": member["nom_naissance"],
        "usage_name": member.get("nom_usage"),
        "first_names": member["prenoms"],
        "birth_date": member["date_naissance"],
        "sex": member["sexe"],
    }


def _refused(status: int, exchange: Exchange) -> ExchangeOutcome:
    error = _first_error(exchange.body)
    code = error.code if error is not None else str(status)
    if status == 404:
        # A 404 without their error body is a proxy's or a wrong address, and proves nothing about the family.
        return ExchangeOutcome(OutcomeKind.ABSENT, code=code, proof=code) if error is not None else _breach("404")
    if status in (401, 403):
        return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=code)
    if status == 429:
        until = retry_after(exchange) or exchange.at + RATE_LIMIT_WAIT
        return ExchangeOutcome(OutcomeKind.RATE_LIMITED, code=code, until=until)
    if status in (400, 422):
        return ExchangeOutcome(OutcomeKind.REJECTED, code=code) if error is not None else _breach(code)
    if status == 409 or 500 <= status < 600:
        asked = error.meta.retry_in if error is not None and error.meta is not None else None
        wait = exchange.at + timedelta(seconds=asked) if asked is not None else None
        return ExchangeOutcome(OutcomeKind.UNAVAILABLE, code=code, until=retry_after(exchange) or wait)
    return _breach(str(status))


def _first_error(body: bytes) -> ErrorItem | None:
    try:
        return ErrorAnswer.model_validate_json(body).errors[0]
    except ValidationError:
        return None
