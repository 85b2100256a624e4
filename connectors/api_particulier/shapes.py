"""What each answer of API Particulier holds under ``data``: its OpenAPI's types; what scopes may mask may be missing.

A field that is no habilitation's to mask is required: without it nothing was found. ``data`` itself is closed, as the
OpenAPI says, and what lies deeper is open: a new field there says nothing of what we asked for.
"""

from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, hide_input_in_errors=True)
_open = with_config(_STRICT)
_closed = with_config(ConfigDict(**_STRICT, extra="forbid"))

Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""As it is written, also one that no calendar has: a birthday may be unknown (``2020-00-00``)."""
Year = Annotated[int, Field(ge=1990, le=2200)]
Month = Annotated[int, Field(ge=1, le=12)]
Sex = Literal["F", "M"]


@_open
class Member(TypedDict, total=False):
    """One allocataire or child, as the paying body knows them."""

    nom_naissance: Required[str]
    nom_usage: str | None
    prenoms: Required[str]
    date_naissance: Required[Date]
    sexe: Required[Sex]


Parents = Annotated[list[Member], Field(min_length=1, max_length=2)]
Children = Annotated[list[Member], Field(max_length=40)]


@_closed
class Quotient(TypedDict):
    """The value, and the months it is for and was computed in."""

    fournisseur: Literal["CNAF", "MSA"]
    valeur: Annotated[int, Field(ge=0, le=10_000_000)]
    annee: Year
    mois: Month
    annee_calcul: Year
    mois_calcul: Month


@_closed
class QuotientFamilial(TypedDict, total=False):
    """The quotient of a family; children are missing where the habilitation lacks their scope, which is not « none »."""

    allocataires: Required[Parents]
    enfants: Children
    adresse: dict[str, Any]
    quotient_familial: Required[Quotient]


@_open
class _Resources(TypedDict):
    valeur: int
    annee_calcul: int


@_open
class _ChildcareBasis(TypedDict, total=False):
    nombre_enfants_a_charge: int
    nombre_enfants_beneficiaire_aeeh: int
    base_ressources_annuelles: _Resources


@_closed
class ParticipationEaje(TypedDict, total=False):
    """What a family's part in the cost of a crèche is computed from."""

    allocataires: Required[Parents]
    enfants: Children
    adresse: dict[str, Any]
    parametres_calcul_participation_familiale: Required[_ChildcareBasis]


@_closed
class Benefit(TypedDict, total=False):
    """Whether somebody has a benefit; « no » is an answer as good as « yes »."""

    est_beneficiaire: Required[bool]
    date_debut_droit: str | None


@_closed
class BenefitWithIncrease(TypedDict, total=False):
    """The same, for a benefit that can be increased."""

    est_beneficiaire: Required[bool]
    avec_majoration: bool | None
    date_debut_droit: str | None


@_closed
class HealthCover(TypedDict, total=False):
    """The same, for the complementary health cover."""

    est_beneficiaire: Required[bool]
    avec_participation: bool | None
    date_debut_droit: str | None


@_closed
class DisabledChildBenefit(TypedDict, total=False):
    """Whether somebody is paid, or opens the right to, the benefit for a disabled child; the field is « status »."""

    status: Required[Literal["allocataire", "ouvrant_droit", "non_beneficiaire"]]
    date_debut_droit: str | None


@_open
class _Person(TypedDict, total=False):
    nom: str
    prenom: str
    nom_naissance: str
    nom_usage: str | None
    date_naissance: Required[Date]


@_open
class _Payments(TypedDict, total=False):
    date_rentree: Date
    duree: float


@_open
class _Step(TypedDict, total=False):
    echelon: Literal["0bis", "1", "2", "3", "4", "5", "6", "7"]
    echelon_bourse_regionale_provisoire: bool


@_closed
class Scholar(TypedDict, total=False):
    """Whether a student has a scholarship (v3)."""

    est_boursier: Required[bool]
    periode_versement_bourse: _Payments
    etablissement_etudes: dict[str, Any]
    echelon_bourse: _Step
    email: str
    identite: _Person


@_open
class _ScholarStatus(TypedDict, total=False):
    est_boursier: Required[bool]
    est_radie: bool
    date_radiation: Date | None


@_closed
class ScholarV4(TypedDict, total=False):
    """The same (v4), with who was struck off."""

    statut_boursier: Required[_ScholarStatus]
    periode_versement_bourse: _Payments
    etablissement_etudes: dict[str, Any]
    echelon_bourse: _Step
    email: str
    identite: _Person


@_open
class _Admission(TypedDict, total=False):
    date_debut: Date
    date_fin: Date
    est_inscrit: bool
    regime_formation: dict[str, Any]
    code_cog_insee_commune: str
    etablissement_etudes: dict[str, Any]


@_closed
class Student(TypedDict, total=False):
    """Where a student is admitted or enrolled; nowhere is an answer."""

    admissions: Required[list[_Admission]]
    identite: _Person


@_closed
class Pupil(TypedDict, total=False):
    """Where a pupil goes to school in a school year; « no scholarship » is not reliable before mid-October."""

    identite: _Person
    module_elementaire_formation: dict[str, Any]
    etablissement: dict[str, Any]
    annee_scolaire: Annotated[str, Field(pattern=r"^\d{4}(-\d{4})?$")]
    est_scolarise: bool
    statut_eleve: dict[str, Any]
    est_boursier: bool
    echelon_bourse: Annotated[int, Field(ge=1, le=6)] | None


@_closed
class NationalService(TypedDict, total=False):
    """Where somebody stands with the national service."""

    statut_service_national: Required[Literal["en_regle", "pas_en_regle", "indetermine", "non_concerne"]]
    commentaires: str | None


@_open
class _CivicContract(TypedDict, total=False):
    contrat_trouve: Required[bool]
    organisme_accueil: dict[str, Any]
    date_debut_contrat: Date | None
    date_fin_contrat: Date | None


@_closed
class CivicService(TypedDict, total=False):
    """The civic service somebody does or did; each half has its scope, and one of them was asked for."""

    statut_actuel: _CivicContract
    statut_passe: _CivicContract


@_open
class _Payment(TypedDict, total=False):
    date_versement: str
    montant_total: float
    montant_allocations: float
    montant_aides: float
    montant_autres: float


@_closed
class JobSeekerPayments(TypedDict, total=False):
    """What France Travail paid somebody."""

    identifiant: Required[str]
    paiements: Required[Annotated[list[_Payment], Field(min_length=1)]]


@_open
class _Category(TypedDict, total=False):
    code: Literal[1, 2, 3, 4, 5]
    libelle: str


@_open
class _Registration(TypedDict, total=False):
    date_debut: Date
    date_fin: Date | None
    categorie: _Category
    code_certification_cnav: Literal["VC", "IC", "PC", "AC", "DC", "RC"] | None


@_closed
class JobSeeker(TypedDict, total=False):
    """Whether somebody is registered with France Travail."""

    identifiant: Required[str]
    identite: _Person
    contact: dict[str, Any]
    adresse: dict[str, Any]
    inscription: Required[_Registration]


@_closed
class Athlete(TypedDict, total=False):
    """Whether somebody is on the ministry's list of high-level athletes."""

    identite: _Person
    est_sportif_de_haut_niveau: Required[bool]
    a_ete_sportif_de_haut_niveau: bool
    informations_statut: dict[str, Any] | None
    informations_statuts_precedents: list[dict[str, Any]] | None


@_open
class _Driver(TypedDict, total=False):
    annee_date_naissance: int | None
    mois_date_naissance: Month | None
    jour_date_naissance: Annotated[int, Field(ge=1, le=31)] | None


@_closed
class Vehicle(TypedDict, total=False):
    """What a registration certificate says of a vehicle, and who stands on it."""

    identite_particulier: _Driver
    adresse_particulier: dict[str, Any]
    statut_rattachement: Required[Literal["locataire", "titulaire", "cotitulaire"]]
    donnees_immatriculation_vehicule: dict[str, Any]
    caracteristiques_techniques_vehicule: dict[str, Any]
