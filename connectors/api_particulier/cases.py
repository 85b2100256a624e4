"""Staging cases, as the authors of API Particulier write them: what was asked, and what was answered to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import CivilIdentity, Question
from connectors.api_particulier.routes import ROUTES, Mode, Route
from connectors.port import Binding, Exchange
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, Phase

_NOBODYS = SecretStr("replay")
_BINDING = Binding("replay", "https://staging.invalid", Siret("13002526500013"), {"token": _NOBODYS}, frozenset(ROUTES))
"""Everything is enabled, and nothing is ever sent."""


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value or ""


def _texts(value: object) -> object:
    return tuple(_text(one) for one in value) if isinstance(value, list) else (_text(value),)


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Case(BaseModel):
    """One case; its authors' title and description are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    params: Annotated[dict[str, Texts], BeforeValidator(lambda value: value or {})] = Field(default={}, repr=False)
    status: Annotated[int, Field(ge=100, le=599)]
    payload: Annotated[str, BeforeValidator(lambda value: value or "")] = Field(default="", repr=False)


def replay(route: Route, case: Case, *, at: datetime) -> ExchangeOutcome:
    """Feed a case through the codec, both ways: what it would have sent, and what the answer comes to.

    Raises ``UnicodeError`` for text that cannot be sent.
    """
    codec, question = ApiParticulierCodec(), _question(route, case.params)
    codec.encode(question, _BINDING)
    return codec.decode(question, Exchange(Phase.COMPLETE, at, case.status, (), case.payload.encode()))


def _question(route: Route, params: Mapping[str, tuple[str, ...]]) -> Question:
    """Return the question of a case; a parameter that the route does not take is left out, as over there."""
    said = {name: params[name.removesuffix("[]")] for name in route.accepts if name.removesuffix("[]") in params}
    parameters = {name: value if name.endswith("[]") else value[0] for name, value in said.items() if value}
    token = _NOBODYS if route.mode is Mode.FRANCE_CONNECT else None
    return Question(route, _identity(params), parameters, token)


def _identity(params: Mapping[str, tuple[str, ...]]) -> CivilIdentity | None:
    """Return whom a case is about; in FranceConnect mode its parameters are what the token says."""

    def one(name: str) -> str:
        return next(iter(params.get(name, ())), "")

    def number(name: str) -> int | None:
        text = one(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None

    if not any(one(name) for name in ("nomNaissance", "prenoms", "anneeDateNaissance")):
        return None
    return CivilIdentity(
        birth_name=one("nomNaissance"),
        usage_name=one("nomUsage"),
        first_names=params.get("prenoms", ()),
        sex=one("sexeEtatCivil"),
        birth_country=one("codeCogInseePaysNaissance"),
        birth_commune=one("codeCogInseeCommuneNaissance"),
        birth_commune_name=one("nomCommuneNaissance"),
        birth_department=one("codeCogInseeDepartementNaissance"),
        birth_year=number("anneeDateNaissance"),
        birth_month=number("moisDateNaissance"),
        birth_day=number("jourDateNaissance"),
    )
