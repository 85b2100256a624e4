"""Ask API Particulier for a quotient familial and read what comes back: the HTTP status first, codes are opaque."""

from datetime import timedelta
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from connectors.api_particulier.messages import (
    FIRST_NAMES_MAX,
    CivilIdentity,
    ErrorAnswer,
    ErrorItem,
    FamilyAnswer,
    FamilyData,
    QuotientFamilialQuery,
)
from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest, retry_after, unfinished
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
PATH = "/v3/dss/quotient_familial/identite"
RATE_LIMIT_WAIT = timedelta(seconds=60)
"""How long to wait when a 429 does not say: the longest of the published windows, since not waiting means a ban."""


class QuotientFamilialCodec:
    """``GET /v3/dss/quotient_familial/identite`` for the binding's SIRET, under that body's own token."""

    manifest: Manifest = MANIFEST

    def encode(self, command: QuotientFamilialQuery, binding: Binding) -> WireRequest:
        """Write the question.

        Raises:
            SecretMissing: the binding has no ``token``.
        """
        parameters = [("recipient", str(binding.siret)), *_identity(command.identity)]
        parameters += [
            (name, str(value))
            for name, value in (("annee", command.year), ("mois", command.month))
            if value is not None
        ]
        url = f"{binding.base_url.rstrip('/')}{PATH}?{urlencode(parameters, quote_via=quote)}"
        return WireRequest(
            "GET", url, (("authorization", f"Bearer {binding.secret('token')}"), ("accept", "application/json"))
        )

    def decode(self, command: QuotientFamilialQuery, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer.

        409 means that the same question is being answered: unavailable, so that it is asked again, and not
        rate-limited, which would hold back every other question under this token.
        """
        broken = unfinished(exchange, self.manifest.operations["quotient_familial"])
        status = exchange.status
        if broken is not None or status is None:
            return broken or ExchangeOutcome(OutcomeKind.UNAVAILABLE)
        if status == 200:
            return _found(command, exchange)
        return _refused(status, exchange)


def _identity(identity: CivilIdentity) -> list[tuple[str, str]]:
    pairs = [("nomNaissance", identity.birth_name)]
    if identity.usage_name and identity.usage_name.casefold() != identity.birth_name.casefold():
        pairs.append(("nomUsage", identity.usage_name))
    pairs += [("prenoms[]", name) for name in identity.first_names[:FIRST_NAMES_MAX]]
    # A month without its year, or a day without its month, is ignored over there: it is not sent.
    dates = (
        ("anneeDateNaissance", identity.birth_year),
        ("moisDateNaissance", identity.birth_month),
        ("jourDateNaissance", identity.birth_day),
    )
    for name, value in dates:
        if value is None:
            break
        pairs.append((name, str(value)))
    pairs += [("sexeEtatCivil", identity.sex), ("codeCogInseePaysNaissance", identity.birth_country)]
    if identity.birth_commune:
        pairs.append(("codeCogInseeCommuneNaissance", identity.birth_commune))
    return pairs


def _breach(code: str) -> ExchangeOutcome:
    return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code=code)


def _found(command: QuotientFamilialQuery, exchange: Exchange) -> ExchangeOutcome:
    try:
        data = FamilyAnswer.model_validate_json(exchange.body).data
    except ValidationError:
        return _breach("shape")
    # Another person's income must never be taken for this one's, whatever made the provider mix them up.
    if not any(command.identity.born_on(member.date_naissance) for member in data.allocataires):
        return _breach("identity_mismatch")
    if command.year not in (None, data.quotient_familial.annee):
        return _breach("period_mismatch")
    if command.month not in (None, data.quotient_familial.mois):
        return _breach("period_mismatch")
    return ExchangeOutcome(OutcomeKind.FOUND, code="200", as_of=exchange.at, data=_canonical(data))


def _canonical(data: FamilyData) -> dict[str, object]:
    quotient = data.quotient_familial
    return {
        "quotient_familial": quotient.valeur,
        "year": quotient.annee,
        "month": quotient.mois,
        "calculated_year": quotient.annee_calcul,
        "calculated_month": quotient.mois_calcul,
        "provider": quotient.fournisseur,
        "allocataires": [member.canonical() for member in data.allocataires],
        "enfants": None if data.enfants is None else [member.canonical() for member in data.enfants],
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
