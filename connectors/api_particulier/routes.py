"""Every route of API Particulier's OpenAPI as one table: path, mode, what it takes, and the shape of what it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from connectors.api_particulier import shapes


class Mode(StrEnum):
    """How a route is told whom it is about: the last part of its path."""

    IDENTITY = "identite"
    FRANCE_CONNECT = "france_connect"
    INE = "ine"
    IDENTIFIER = "identifiant"


_IN_OPERATION = {Mode.IDENTITY: "civility"}
"""Where the operation's name says it otherwise than the path."""
_PROVIDERS = {"dss": "cnav"}

BirthDates = Callable[[Mapping[str, Any]], list[str]]
"""The birth dates of everybody an answer could be about; none where it names nobody."""


def _of_parents(data: Mapping[str, Any]) -> list[str]:
    return [member["date_naissance"] for member in data["allocataires"]]


def _of_person(data: Mapping[str, Any]) -> list[str]:
    return [data["identite"]["date_naissance"]] if "identite" in data else []


def _of_driver(data: Mapping[str, Any]) -> list[str]:
    driver = data.get("identite_particulier", {})
    year, month, day = (driver.get(f"{part}_date_naissance") or 0 for part in ("annee", "mois", "jour"))
    return [f"{year:04}-{month:02}-{day:02}"] if year else []


@dataclass(frozen=True, slots=True)
class Shape:
    """What a 200 holds, who it names, and which of its blocks say who rather than what."""

    adapter: TypeAdapter[Any] = field(repr=False)
    birth_dates: BirthDates
    about: frozenset[str]

    def keeps(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was asked for, without the blocks that say who."""
        return {name: value for name, value in data.items() if name not in self.about}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: all of them are ``GET``."""

    path: str
    datum: str
    mode: Mode
    accepts: tuple[str, ...]
    """Query parameters in the order they are sent, beside ``recipient``."""
    requires: frozenset[str]
    scopes: frozenset[str]
    """What a habilitation must hold for the answer to say anything, and whom it is about; empty where none is known."""
    shape: Shape = field(repr=False)

    @property
    def name(self) -> str:
        """The path without its slash: what a binding enables it by."""
        return self.path[1:]

    @property
    def operation(self) -> str:
        """Its ``operationId``."""
        version, provider, name, _ = self.name.split("/")
        mode = _IN_OPERATION.get(self.mode, self.mode.value)
        return f"api_particulier_{version}_{_PROVIDERS.get(provider, provider)}_{name}_with_{mode}"


_DataT = TypeVar("_DataT")


@with_config(ConfigDict(strict=True, hide_input_in_errors=True))
class _Answer(TypedDict, Generic[_DataT]):
    data: _DataT
    links: dict[str, Any]
    meta: dict[str, Any]


_WHO = frozenset({"identite", "adresse", "contact", "email", "identifiant", "allocataires", "enfants"})
_ON_CERTIFICATE = frozenset({"identite_particulier", "adresse_particulier"})


def _shape(data: Any, birth_dates: BirthDates = _of_person, about: frozenset[str] = _WHO) -> Shape:
    return Shape(TypeAdapter(_Answer[data]), birth_dates, about)


_BORN = "anneeDateNaissance moisDateNaissance jourDateNaissance"
_BORN_KNOWN = "anneeDateNaissance! moisDateNaissance! jourDateNaissance!"
_PLACE = "codeCogInseeCommuneNaissance nomCommuneNaissance codeCogInseeDepartementNaissance"
_DSS = f"nomNaissance! nomUsage prenoms[]! {_BORN} sexeEtatCivil! codeCogInseePaysNaissance! {_PLACE}"
_CNOUS = f"nomNaissance! prenoms[]! {_BORN_KNOWN} sexeEtatCivil {_PLACE}"
_MESRI = f"nomNaissance! prenoms[]! {_BORN_KNOWN} sexeEtatCivil! {_PLACE}"
_DSNJ = f"nomNaissance! prenoms[]! {_BORN_KNOWN} sexeEtatCivil! codeCogInseePaysNaissance! codeCogInseeCommuneNaissance"
_GIP = f"nomNaissance! prenoms[]! {_BORN_KNOWN}"
_MEN = (
    f"nomNaissance! prenoms[]! {_BORN_KNOWN} sexeEtatCivil! anneeScolaire! codeEtablissement degreEtablissement"
    " codesBcnDepartements[] codesBcnRegions[]"
)
_BOTH = "identite france_connect"

_BENEFIT, _INCREASED = _shape(shapes.Benefit), _shape(shapes.BenefitWithIncrease)
_PUPIL, _STUDENT = _shape(shapes.Pupil), _shape(shapes.Student)
_SCHOLAR, _SCHOLAR_V4 = _shape(shapes.Scholar), _shape(shapes.ScholarV4)

# Path without its mode, modes, what the datum is called in the purpose matrix, what identity mode takes, what every
# mode takes, shape. « ! » is required; names, order and rules are the OpenAPI's.
_TABLE: tuple[tuple[str, str, str, str, str, Shape], ...] = (
    ("v3/ants/extrait_immatriculation_vehicule", "france_connect", "immatriculation_vehicule", "", "immatriculation!",
     _shape(shapes.Vehicle, _of_driver, _ON_CERTIFICATE)),
    ("v3/dss/allocation_adulte_handicape", _BOTH, "allocation_adulte_handicape", _DSS, "", _BENEFIT),
    ("v3/dss/allocation_enfant_handicape", _BOTH, "allocation_enfant_handicape", _DSS, "",
     _shape(shapes.DisabledChildBenefit)),
    ("v3/dss/allocation_soutien_familial", _BOTH, "allocation_soutien_familial", _DSS, "", _BENEFIT),
    ("v3/dss/complementaire_sante_solidaire", _BOTH, "complementaire_sante_solidaire", _DSS, "",
     _shape(shapes.HealthCover)),
    ("v3/dss/participation_familiale_eaje", _BOTH, "participation_familiale_eaje", _DSS, "",
     _shape(shapes.ParticipationEaje, _of_parents)),
    ("v3/dss/prime_activite", _BOTH, "prime_activite", _DSS, "", _INCREASED),
    ("v3/dss/quotient_familial", _BOTH, "quotient_familial", _DSS, "annee mois",
     _shape(shapes.QuotientFamilial, _of_parents)),
    ("v3/dss/revenu_solidarite_active", _BOTH, "revenu_solidarite_active", _DSS, "", _INCREASED),
    ("v3/cnous/etudiant_boursier", f"{_BOTH} ine", "etudiant_boursier", _CNOUS, "", _SCHOLAR),
    ("v4/cnous/etudiant_boursier", f"{_BOTH} ine", "etudiant_boursier", _CNOUS, "", _SCHOLAR_V4),
    ("v3/dsnj/service_national", _BOTH, "service_national", _DSNJ, "", _shape(shapes.NationalService)),
    ("v3/france_travail/indemnites", "identifiant", "france_travail_indemnites", "", "",
     _shape(shapes.JobSeekerPayments)),
    ("v3/france_travail/statut", "identifiant", "france_travail_statut", "", "", _shape(shapes.JobSeeker)),
    ("v3/gip_mds/service_civique", _BOTH, "service_civique", _GIP, "", _shape(shapes.CivicService)),
    ("v3/men/scolarites", "identite", "scolarite", _MEN, "", _PUPIL),
    ("v4/men/scolarites", "identite", "scolarite", _MEN, "", _PUPIL),
    ("v3/mesri/statut_etudiant", f"{_BOTH} ine", "statut_etudiant", _MESRI, "", _STUDENT),
    ("v3/sdh/statut_sportif", "identifiant", "statut_sportif", "", "", _shape(shapes.Athlete)),
)  # fmt: skip

_SCOPES = {
    "quotient_familial": "cnaf_quotient_familial cnaf_allocataires",
    "participation_familiale_eaje": "eaje_parametres_calcul_participation_familial eaje_allocataires",
    "revenu_solidarite_active": "revenu_solidarite_active",
    "prime_activite": "prime_activite",
    "allocation_adulte_handicape": "allocation_adulte_handicape",
    "allocation_soutien_familial": "allocation_soutien_familial",
    "complementaire_sante_solidaire": "complementaire_sante_solidaire",
    "etudiant_boursier": "cnous_statut_boursier",
    "statut_etudiant": "mesri_admissions",
    "service_national": "dsnj_statut_service_national",
}
_OWN = {Mode.INE: "ine!", Mode.IDENTIFIER: "identifiant!", Mode.FRANCE_CONNECT: ""}


def _routes(row: tuple[str, str, str, str, str, Shape]) -> list[Route]:
    path, modes, datum, identity, everywhere, shape = row
    found = []
    for mode in map(Mode, modes.split()):
        asked = f"{_OWN.get(mode, identity)} {everywhere}".split()
        accepts = tuple(name.removesuffix("!") for name in asked)
        requires = frozenset(name[:-1] for name in asked if name.endswith("!"))
        scopes = frozenset(_SCOPES.get(datum, "").split())
        found.append(Route(f"/{path}/{mode}", datum, mode, accepts, requires, scopes, shape))
    return found


ROUTES: Mapping[str, Route] = {route.name: route for row in _TABLE for route in _routes(row)}
"""By name: ``v3/dss/quotient_familial/identite``."""
BY_OPERATION: Mapping[str, Route] = {route.operation: route for route in ROUTES.values()}
FIRST_NAMES_MAX: Mapping[str, int] = {"statut_etudiant": 1}
"""How many first names a datum's routes take where it is not three."""
QUOTIENT_FAMILIAL = ROUTES["v3/dss/quotient_familial/identite"]
QUOTIENT_FAMILIAL_SIGNED_IN = ROUTES["v3/dss/quotient_familial/france_connect"]
