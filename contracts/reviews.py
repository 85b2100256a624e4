"""The closed list of reasons an agent decides with, each with what the family reads of it."""

from dataclasses import dataclass

from contracts.documents import Outcome


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """One reason: the outcome it belongs to, what the agent chooses by, and the one sentence the family reads."""

    name: str
    outcome: Outcome
    label_fr: str
    family_fr: str


def _listed(*reasons: ReviewReason) -> dict[str, ReviewReason]:
    return {reason.name: reason for reason in reasons}


FIT_REASONS = _listed(
    ReviewReason(
        "checked_on_sight",
        Outcome.PASSED,
        "Le document est lisible, au bon nom, à jour et complet",
        "Un agent a vérifié votre document : il convient pour cette demande.",
    ),
    ReviewReason(
        "original_seen",
        Outcome.PASSED,
        "La famille a montré l'original au guichet",
        "Un agent a vu l'original de votre document : il convient pour cette demande.",
    ),
    ReviewReason(
        "unreadable_by_agent",
        Outcome.FAILED,
        "Le document est illisible ou coupé",
        "Un agent n'a pas pu lire votre document. Déposez une photo nette, ou montrez-le au guichet.",
    ),
    ReviewReason(
        "other_person",
        Outcome.FAILED,
        "Le document est au nom d'une autre personne",
        "Le document est au nom d'une autre personne. Déposez un document à votre nom.",
    ),
    ReviewReason(
        "other_kind",
        Outcome.FAILED,
        "Ce n'est pas le document attendu",
        "Ce n'est pas le document attendu. Déposez un des documents indiqués.",
    ),
    ReviewReason(
        "out_of_date",
        Outcome.FAILED,
        "Le document est trop ancien, ou d'une autre année",
        "Le document est trop ancien ou d'une autre année. Déposez-en un plus récent.",
    ),
    ReviewReason(
        "pages_missing",
        Outcome.FAILED,
        "Il manque une page ou une pièce jointe",
        "Il manque une page à votre document. Déposez-le en entier.",
    ),
    ReviewReason(
        "doubtful_copy",
        Outcome.FAILED,
        "La copie fait naître un doute : l'original est à demander (CRPA R.113-6, R.113-11)",
        "Un agent a besoin de voir l'original de ce document. Le service vous écrit pour vous dire pourquoi.",
    ),
)
"""About a paper and a requirement."""

LINK_REASONS = _listed(
    ReviewReason(
        "death_read",
        Outcome.PASSED,
        "L'acte de décès le dit",
        "",
    ),
    ReviewReason(
        "paper_names_both",
        Outcome.PASSED,
        "Le document d'état civil nomme l'enfant et cette personne",
        "Un agent a vérifié votre document : le lien avec l'enfant est reconnu.",
    ),
    ReviewReason(
        "original_seen",
        Outcome.PASSED,
        "L'original a été montré au guichet",
        "Un agent a vu l'original de votre document : le lien avec l'enfant est reconnu.",
    ),
    ReviewReason(
        "judgment_read",
        Outcome.PASSED,
        "Le jugement le dit",
        "Un agent a lu le jugement et en a tenu compte.",
    ),
    ReviewReason(
        "not_shown",
        Outcome.FAILED,
        "Rien ne montre ce lien",
        "",
    ),
    ReviewReason(
        "other_identity",
        Outcome.FAILED,
        "Le document nomme une autre personne ou un autre enfant",
        "",
    ),
    ReviewReason(
        "judgment_unclear",
        Outcome.FAILED,
        "Le jugement ne dit rien de cela, ou il est incomplet",
        "",
    ),
)
"""About an adult and a child; a refusal is told to nobody who asked, so that it tells nothing of the child."""

OBJECTION_REASONS = _listed(
    ReviewReason(
        "guardians_agree",
        Outcome.PASSED,
        "Les deux responsables sont maintenant d'accord",
        "",
    ),
    ReviewReason(
        "decides_alone",
        Outcome.PASSED,
        "Un jugement permet à la personne qui demande de décider seule",
        "",
    ),
    ReviewReason(
        "no_agreement",
        Outcome.FAILED,
        "Les deux responsables ne sont pas d'accord : au juge de décider (code civil 372-1)",
        "",
    ),
)
"""About a request that the other guardian objected to; what each of the two reads is in their trace."""

PARTNER_LINK_REASONS = _listed(
    ReviewReason(
        "same_child",
        Outcome.PASSED,
        "C'est le même enfant, et cet adulte a demandé ce service",
        "",
    ),
    ReviewReason(
        "other_child",
        Outcome.FAILED,
        "C'est un autre enfant",
        "",
    ),
    ReviewReason(
        "cannot_tell",
        Outcome.FAILED,
        "Rien ne permet de le dire : à la famille de donner un code",
        "",
    ),
)
"""About a child whom a partner named; the partner is told nothing of a refusal, the family reads of a link."""

MERGE_REASONS = _listed(
    ReviewReason(
        "same_person",
        Outcome.PASSED,
        "C'est une seule et même personne",
        "",
    ),
    ReviewReason(
        "other_person_of_that_name",
        Outcome.FAILED,
        "Ce sont deux personnes qui portent le même nom",
        "",
    ),
    ReviewReason(
        "not_sure_same",
        Outcome.FAILED,
        "Rien ne permet de le dire : la personne vient au guichet avec une pièce d'identité",
        "",
    ),
)
"""About two accounts of one name and date of birth, both of which somebody has just proved."""

CHILDHOOD_REASONS = _listed(
    ReviewReason(
        "grown_child",
        Outcome.PASSED,
        "C'est cet enfant, devenu majeur",
        "",
    ),
    ReviewReason(
        "other_grown_person",
        Outcome.FAILED,
        "C'est une autre personne du même nom, née le même jour",
        "",
    ),
    ReviewReason(
        "not_sure_grown",
        Outcome.FAILED,
        "Rien ne permet de le dire : la personne vient au guichet avec une pièce d'identité",
        "",
    ),
)
"""About somebody of age and a child's record of the same name and date; who asked reads nothing of a refusal."""

CHILD_MERGE_REASONS = _listed(
    ReviewReason(
        "one_child_twice",
        Outcome.PASSED,
        "C'est un seul enfant, enregistré deux fois",
        "",
    ),
    ReviewReason(
        "two_children",
        Outcome.FAILED,
        "Ce sont deux enfants",
        "",
    ),
    ReviewReason(
        "not_sure_one_child",
        Outcome.FAILED,
        "Rien ne permet de le dire : les deux dossiers restent séparés",
        "",
    ),
)
"""About two records that may be one child's; the guardians read in their trace what became of it."""

CHILD_PART_REASONS = _listed(
    ReviewReason(
        "two_children_after_all",
        Outcome.PASSED,
        "Ce sont deux enfants : les dossiers ont été réunis par erreur",
        "",
    ),
    ReviewReason(
        "one_child_indeed",
        Outcome.FAILED,
        "C'est bien un seul enfant",
        "",
    ),
)
"""About a merge of two records that somebody holds for wrong."""

UNSURE = ReviewReason("unsure", Outcome.INCONCLUSIVE, "Je demande l'avis d'un collègue", "")
"""The one reason of a second opinion."""


def reasons_for(kind: str) -> dict[str, ReviewReason]:
    """Return the reasons of a kind of review, those about a paper where it has none of its own."""
    return _BY_KIND.get(kind, FIT_REASONS)


_BY_KIND = {
    "family_link": LINK_REASONS,
    "objection": OBJECTION_REASONS,
    "partner_link": PARTNER_LINK_REASONS,
    "account_merge": MERGE_REASONS,
    "childhood": CHILDHOOD_REASONS,
    "child_merge": CHILD_MERGE_REASONS,
    "child_part": CHILD_PART_REASONS,
}


def family_sentence(name: str) -> str | None:
    """Return what a family reads of an agent's reason about a paper, or nothing where it is none of these."""
    found = FIT_REASONS.get(name)
    return None if found is None else found.family_fr
