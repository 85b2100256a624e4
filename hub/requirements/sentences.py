"""One plain French sentence per fit: what is the matter with a paper here, and what would do instead."""

from collections.abc import Mapping
from datetime import date

from contracts.calendar import in_french
from contracts.documents import EvidenceType, Outcome
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Requirement

_ = "\N{NO-BREAK SPACE}"
AGENT = "un agent va le regarder, vous n'avez rien à faire"
_WHO = {
    "host": "de la personne qui vous héberge",
    "payer": "à votre nom",
    "child": "de l'enfant",
    "address": "à votre nom avec l'adresse",
}

SENTENCES: Mapping[str, str] = {
    "wrong_kind": f"Ce document ne sert pas ici{_}: il faut {{alternatives}}.",
    "too_old": f"Ce document est trop ancien{_}: déposez-en un daté du {{not_before}} ou plus récent.",
    "future_date": f"La date du document est dans le futur{_}: déposez un document déjà valable.",
    "undated": f"Nous n'avons pas pu lire la date du document{_}: {AGENT}.",
    "expired": f"Cette pièce n'est plus valable depuis le {{valid_until}}{_}: déposez une pièce en cours de validité.",
    "other_name": f"Le nom lu sur le document n'est pas le vôtre{_}: {AGENT}.",
    "name_close": f"Le nom est écrit un peu autrement que le vôtre{_}: {AGENT}.",
    "name_unreadable": f"Nous n'avons pas pu lire le nom sur le document{_}: {AGENT}.",
    "same_name_in_family": f"Plusieurs personnes de la famille portent ce nom{_}: {AGENT}.",
    "other_person": f"Ce document est celui d'une autre personne{_}: déposez {{alternatives}} à votre nom.",
    "other_host": f"Ce document n'est pas au nom de la personne qui vous héberge{_}: déposez le sien.",
    "host_unreadable": f"Nous n'avons pas pu lire qui vous héberge{_}: {AGENT}.",
    "other_child": f"Ce document concerne un autre enfant{_}: déposez {{alternatives}} de cet enfant.",
    "child_name_close": f"Le prénom ou le nom de l'enfant est écrit autrement{_}: {AGENT}.",
    "child_unreadable": f"Nous n'avons pas pu lire le nom et la date de naissance de l'enfant{_}: {AGENT}.",
    "child_not_in_household": f"La CAF ne connaît pas encore cet enfant dans votre foyer{_}: {AGENT}.",
    "parent_not_named": f"Votre nom n'est pas sur la page des parents{_}: {AGENT}.",
    "not_sealed": f"Nous n'avons pas pu vérifier l'origine du document{_}: {AGENT}.",
    "grade_too_low": f"Ce service demande un document authentifié{_}: déposez le PDF d'origine.",
    "income_year_unreadable": f"Nous n'avons pas pu lire l'année de l'avis{_}: {AGENT}.",
    "other_income_year": f"Ce n'est pas l'avis d'impôt de la bonne année{_}: il faut celui des revenus de {{expected}}.",
    "second_notice_to_check": f"Le second avis d'impôt que vous avez déposé s'ajoute à celui-ci si la personne vit avec vous{_}: {AGENT}.",
    "income_unreadable": f"Nous n'avons pas pu lire les montants{_}: {AGENT}.",
    "implausible": f"Une date ou un montant lu paraît impossible{_}: {AGENT}.",
    "january_not_settled": f"La CAF change les quotients en janvier{_}: nous redemanderons le vôtre en février, pour vous.",
    "contradiction": f"Deux de vos documents ne disent pas la même chose{_}: {AGENT}.",
    "replaced": f"Un document plus récent remplace celui-ci{_}: vous n'avez rien à faire.",
    "pages_missing": f"Il manque une page{_}: déposez le document entier, toutes les pages ensemble.",
    "attachments_missing": f"Ce document ne suffit pas seul{_}: ajoutez {{missing}}.",
    "attachment_to_check": f"Un des documents joints est à vérifier{_}: {AGENT}.",
    "set_incomplete": f"Ce document est bon, mais il en accompagne un autre{_}: il manque encore {{alternatives}} ou ce qui va avec.",
    "other_address": f"L'adresse n'est pas celle de la personne qui vous héberge{_}: déposez un document à cette adresse.",
    "before_the_move": f"Ce document montre votre adresse d'avant{_}: déposez-en un à votre nouvelle adresse.",
    "address_unreadable": f"Nous n'avons pas pu lire l'adresse{_}: {AGENT}.",
    "school_year_unreadable": f"Nous n'avons pas pu lire l'année scolaire{_}: {AGENT}.",
    "other_school_year": f"Ce document n'est pas de la bonne année scolaire{_}: déposez celui de l'année demandée.",
    "vaccination_unreadable": f"Nous n'avons pas pu lire les vaccins{_}: montrez le carnet de santé à la personne qui accueille l'enfant.",
    "dose_overdue": f"Un rappel de vaccin était à faire{_}: montrez le carnet à jour à la personne qui accueille l'enfant.",
    "judgment_to_read": f"Un jugement doit être lu par une personne{_}: {AGENT}.",
    "authority_withdrawn": f"Ce jugement ne vous permet pas cette démarche{_}: un agent peut vous expliquer vos droits.",
    "deceased_to_check": f"Nous avons bien reçu l'acte de décès{_}: {AGENT}.",
    "statement_unreadable": f"Nous n'avons pas pu lire ce que vous déclarez{_}: {AGENT}.",
    "statement_of_something_else": f"Cette attestation porte sur autre chose{_}: écrivez-en une sur ce qui est demandé ici.",
    "not_yet_in_force": f"Cette décision ne s'applique pas encore{_}: vous n'avez rien à faire.",
    "no_longer_in_force": f"Cette décision ne s'applique plus{_}: vous n'avez rien à déposer, le service décide.",
    "refused_by_agent": f"Un agent a regardé ce document et il ne convient pas ici{_}: il faut {{alternatives}}.",
    "erased": f"Vous avez effacé ce document{_}: il ne sert plus ici.",
    "not_found_at_source": "La CAF et la MSA n'ont pas de quotient familial à votre nom.",
    "source_silent": f"La CAF ne répond pas pour l'instant{_}: vous pouvez déposer {{alternatives}}.",
}
"""By reason; ``{…}`` is filled from what the judgement was decided on, or from the catalogue."""
PASSED = "Ce document convient ici."
OTHERWISE = f"Ce document ne convient pas ici{_}: {AGENT}."
NOT_FOR_AGENTS = frozenset(("january_not_settled", "attachment_to_check", "second_notice_to_check"))
"""Inconclusive, and not for an agent to decide: time does it, or the look at another paper."""


def sentence(
    catalogue: Catalogue,
    requirement: Requirement,
    reason: str,
    *,
    outcome: Outcome = Outcome.FAILED,
    decided_on: Mapping[str, str] | None = None,
) -> str:
    """Return what the resident reads about one fit; a reason nobody gave words to still says who looks."""
    if outcome is Outcome.PASSED:
        return PASSED
    told = dict(decided_on or {})
    words = {
        "alternatives": _either(_names(catalogue, requirement)) or "un autre document",
        "missing": _all(_missing(catalogue, told.get("missing", ""))) or "les documents qui vont avec",
        "not_before": _day(told.get("not_before", "")) or "moins de trois mois",
        "valid_until": _day(told.get("valid_until", "")) or "longtemps",
        "expected": told.get("expected") or "la bonne année",
    }
    return SENTENCES.get(reason, OTHERWISE).format_map(words)


def would_do(catalogue: Catalogue, requirement: Requirement) -> tuple[str, ...]:
    """Return the papers that would do for a requirement, a set with what goes with it, in the order of the catalogue."""
    return tuple(_names(catalogue, requirement))


def _names(catalogue: Catalogue, requirement: Requirement) -> list[str]:
    return [_name(catalogue, kind) for kind in requirement.alternatives]


def _name(catalogue: Catalogue, kind: EvidenceType) -> str:
    name = catalogue.evidence[kind].name_fr
    return name[0].lower() + name[1:]


def _missing(catalogue: Catalogue, told: str) -> list[str]:
    found = []
    for part in filter(None, told.split(",")):
        kind, _colon, who = part.partition(":")
        found.append(f"{_name(catalogue, EvidenceType(kind))} {_WHO.get(who, '')}".strip())
    return found


def _either(names: list[str]) -> str:
    return " ou ".join(names)


def _all(names: list[str]) -> str:
    return " et ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return in_french(day)
