"""Made-up cases of every route of API Particulier, in the form of its authors; nobody in them exists.

``python -m tests.unit.connectors.api_particulier.made_up DIR`` writes them, one folder an operation.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from connectors.api_particulier.routes import ROUTES, Mode, Route

BORN = "1988-04-17"
PERSON = {
    "nomNaissance": "KERJEAN",
    "prenoms": ["SOLENE"],
    "anneeDateNaissance": 1988,
    "moisDateNaissance": 4,
    "jourDateNaissance": 17,
    "sexeEtatCivil": "F",
    "codeCogInseePaysNaissance": "99100",
    "codeCogInseeCommuneNaissance": "75113",
}
OWN = {"ine": "0123456789A", "identifiant": "made-up", "immatriculation": "AA-000-AA", "anneeScolaire": "2026"}
NO_CONTRACT = {
    "contrat_trouve": False,
    "organisme_accueil": {"siret": None, "raison_sociale": None},
    "date_debut_contrat": None,
    "date_fin_contrat": None,
}


def _member(born: str) -> dict[str, Any]:
    return {"nom_naissance": "KERJEAN", "nom_usage": None, "prenoms": "SOLENE", "date_naissance": born, "sexe": "F"}


def _person(born: str) -> dict[str, Any]:
    return {"nom": "KERJEAN", "prenoms": ["SOLENE"], "date_naissance": born, "sexe": "F"}


def data_of(route: Route, born: str = BORN) -> dict[str, Any]:
    """What a route answers about somebody born on a day; in FranceConnect mode most name nobody."""
    year, month, day = (int(part) for part in born.split("-"))
    family = {"allocataires": [_member(born)], "enfants": [_member("2019-00-00")], "adresse": {"pays": "FRANCE"}}
    quotient = {"fournisseur": "CNAF", "valeur": 742, "annee": 2026, "mois": 9, "annee_calcul": 2026, "mois_calcul": 9}
    basis = {"nombre_enfants_a_charge": 1, "base_ressources_annuelles": {"valeur": 20_000, "annee_calcul": 2024}}
    student = {"est_inscrit": True, "regime_formation": {"code": "RF1"}, "date_fin": "2027-06-31"}
    grown = {"annee_date_naissance": year, "mois_date_naissance": month, "jour_date_naissance": day}
    who = {} if route.mode is Mode.FRANCE_CONNECT else {"identite": _person(born)}
    benefit = {"est_beneficiaire": False, "date_debut_droit": None}
    answers: dict[str, dict[str, Any]] = {
        "quotient_familial": family | {"quotient_familial": quotient},
        "participation_familiale_eaje": family | {"parametres_calcul_participation_familiale": basis},
        "revenu_solidarite_active": benefit | {"avec_majoration": None},
        "prime_activite": benefit | {"avec_majoration": None},
        "allocation_adulte_handicape": benefit,
        "allocation_soutien_familial": benefit,
        "allocation_enfant_handicape": {"status": "non_beneficiaire", "date_debut_droit": None},
        "complementaire_sante_solidaire": benefit | {"avec_participation": None},
        "etudiant_boursier": who | {"est_boursier": False},
        "statut_etudiant": who | {"admissions": [student]},
        "scolarite": who | {"annee_scolaire": "2026-2027", "est_scolarise": True, "etablissement": {"nom": "École"}},
        "service_national": {"statut_service_national": "non_concerne", "commentaires": None},
        "service_civique": {"statut_actuel": NO_CONTRACT, "statut_passe": NO_CONTRACT},
        "statut_sportif": who | {"est_sportif_de_haut_niveau": False},
        "immatriculation_vehicule": {"identite_particulier": grown, "statut_rattachement": "titulaire"},
        "france_travail_statut": who | {"identifiant": "made-up", "inscription": {"date_debut": "2026-01-01"}},
        "france_travail_indemnites": {"identifiant": "made-up", "paiements": [{"montant_total": 12.5}]},
    }
    if route.name.startswith("v4/cnous"):
        return who | {"statut_boursier": {"est_boursier": False, "est_radie": False, "date_radiation": None}}
    return answers[route.datum]


def names_somebody(route: Route) -> bool:
    """Whether what a route answers says whom it is about."""
    return "naissance" in json.dumps(data_of(route))


def params_of(route: Route) -> dict[str, Any]:
    """What a route is asked with; in FranceConnect mode, what its token says."""
    whose = {} if route.mode in (Mode.INE, Mode.IDENTIFIER) else PERSON
    return whose | {name: value for name, value in OWN.items() if name in route.accepts}


def case(route: Route, status: int, body: object) -> dict[str, Any]:
    """One case."""
    payload = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return {"description": "made up", "params": params_of(route), "status": status, "payload": payload}


def refusal(code: str) -> dict[str, Any]:
    """The error body of the API."""
    return {"errors": [{"code": code, "title": "t", "detail": "d", "source": None, "meta": {"provider": "P"}}]}


def cases(route: Route) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every case of a route: its name, what it holds, and what it must come to."""
    whole: dict[str, Any] = {"data": data_of(route), "links": {}, "meta": {}}
    yield "200", case(route, 200, whole), "found"
    yield "200_new_block", case(route, 200, whole | {"data": whole["data"] | {"tout_neuf": 1}}), "contract_breach"
    yield "200_page", case(route, 200, "<html>Connectez-vous</html>"), "contract_breach"
    yield "200_nothing", case(route, 200, whole | {"data": {}}), "contract_breach"
    if names_somebody(route) and route.mode in (Mode.IDENTITY, Mode.FRANCE_CONNECT):
        other = whole | {"data": data_of(route, "1978-04-17")}
        yield "200_somebody_else", case(route, 200, other), "contract_breach"
    for status, code, outcome in (
        (401, "00101", "auth_failed"),
        (403, "39001", "auth_failed"),
        (404, "37003", "absent"),
        (409, "00015", "unavailable"),
        (422, "00366", "rejected"),
        (429, "39004", "rate_limited"),
        (502, "37999", "unavailable"),
        (504, "37002", "unavailable"),
    ):
        yield str(status), case(route, status, refusal(code)), outcome
    yield "404_of_a_proxy", case(route, 404, "<html>not here</html>"), "contract_breach"


def write(folder: Path) -> dict[str, str]:
    """Write all cases below ``folder``; return what each must come to."""
    expected = {}
    for route in ROUTES.values():
        (folder / route.operation).mkdir(parents=True)
        for name, content, outcome in cases(route):
            path = folder / route.operation / f"{name}.yaml"
            path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
            expected[f"{route.operation}/{name}.yaml"] = outcome
    return expected


if __name__ == "__main__":
    print(len(write(Path(sys.argv[1]))), "cases")
