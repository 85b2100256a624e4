"""Who saw what and why, as the person concerned reads it (CRPA R.114-9-7: traces are theirs to see)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from contracts.documents import EvidenceType
from contracts.grounds import Instrument, Purpose
from contracts.identifiers import PersonId, Siret
from contracts.looks import FAMILY_FR, LookReason
from contracts.reviews import family_sentence
from hub.partners.behalf import in_words
from hub.persons.acting import helpers_named
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx
from vault.documents.tables import READING
from vault.journal.entries import StoredEntry, entries_about
from vault.journal.records import ActorKind, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One act on somebody's papers, in words; ``entry`` is the journal entry that can be proved."""

    at: datetime
    act: str
    who: str
    what: str
    why: str
    document: UUID | None
    entry: UUID
    release: UUID | None
    """What left to somebody else, where something did; it has a receipt."""


_SENTENCES = {
    JournalAct.SIGN_IN: "Connexion",
    JournalAct.DEPOSIT: "Dépôt d'un document",
    JournalAct.CONCLUDE: "Lecture du document",
    JournalAct.VIEW: "Consultation",
    JournalAct.RELEASE: "Transmission d'un document",
    JournalAct.RECEIPT: "Reçu d'une transmission",
    JournalAct.REFUSE: "Demande refusée",
    JournalAct.ERASE: "Effacement d'un document",
    JournalAct.LINK: "Lien avec un enfant",
    JournalAct.REQUEST: "Demande faite à un service",
    JournalAct.GRANT: "Autorisation de réutiliser vos documents",
    JournalAct.WITHDRAW: "Retrait d'un document",
    JournalAct.PULL: "Donnée obtenue pour vous",
    JournalAct.PUSH: "Envoi à un service",
    JournalAct.REVIEW: "Examen par un agent",
    JournalAct.HOLD: "Conservation imposée par une décision",
    JournalAct.AUDIT: "Contrôle de l'intégrité du porte-documents",
    JournalAct.EXPORT: "Téléchargement de tous vos documents",
    JournalAct.REPLACE: "Remplacement d'un document",
    JournalAct.TRANSFER: "Document remis à une autre personne, ou reçu d'elle",
    JournalAct.RESTORE: "Remise en service depuis une sauvegarde",
}
_LINK_STEPS = {
    "claimed": "Vous avez demandé un lien avec un enfant",
    "proved": "Le lien avec votre enfant est prouvé",
    "contested": "Une autre personne a demandé un lien avec votre enfant. Un agent s'en occupe ; elle n'a rien vu",
    "recognised": "Un agent a reconnu un autre responsable de votre enfant",
    "not_recognised": "Le lien qu'une autre personne demandait avec votre enfant n'a pas été reconnu",
    "changed": "Ce que nous savons de votre lien avec votre enfant a changé",
    "code_made": "Vous avez créé un code pour relier un service",
    "partner_linked": "Un service est relié au dossier de votre enfant",
    "partner_unlinked": "Un service n'est plus relié au dossier de votre enfant",
    "children_asked": "Vous avez dit que deux dossiers sont ceux d'un seul enfant. Deux agents vont regarder",
    "children_merged": "Deux agents ont réuni les deux dossiers de votre enfant",
    "children_stay_two": "Deux agents ont regardé : les deux dossiers restent séparés",
    "children_part_asked": "Vous avez dit que deux enfants ont été réunis par erreur. Deux agents vont regarder",
    "children_parted": "Deux agents ont séparé deux dossiers qui avaient été réunis",
    "children_stay_one": "Deux agents ont regardé : c'est bien un seul enfant",
    "of_age_soon": "Votre enfant aura bientôt 18 ans : ses documents seront alors à lui",
    "of_age": "Votre enfant a 18 ans : ses documents sont à lui, et vous ne voyez plus son dossier",
    "withdrawn": "Un jugement a mis fin à votre accès au dossier d'un enfant",
}
_REVIEW_STEPS = {
    "taken": "Un agent a pris votre document en main",
    "given_back": "Un agent a rendu votre document à ses collègues",
    "second_opinion": "Un second agent va regarder votre document",
    "decided": "Un agent a examiné votre document",
}
_REQUEST_STEPS = {
    "residence": "Vous avez indiqué où vous habitez",
    "residence_shown": "Votre adresse déclarée est confirmée par votre document",
    "residence_differs": "Votre document montre une autre adresse que celle déclarée. Nous n'avons rien changé",
    "residence_kept": "Vous avez répondu que vous n'avez pas déménagé",
    "asked": "Un service vous demande une information",
    "decided": "Un service a pris une décision pour votre enfant",
    "contact": "Vous avez choisi comment nous vous joignons",
    "contact_at_counter": "Au guichet, un agent a noté comment vous joindre",
    "message_sent": "Un message que nous vous avons écrit est bien parti",
    "message_again": "Un message que nous vous avons écrit part une nouvelle fois",
    "dashboard_on": "Vous avez choisi de montrer vos demandes sur votre compte Mon Paris",
    "dashboard_off": "Vous avez choisi de ne plus montrer vos demandes sur votre compte Mon Paris",
    "dashboard_on_at_counter": "Au guichet, un agent a noté que votre compte Mon Paris montre vos demandes",
    "dashboard_off_at_counter": "Au guichet, un agent a noté que votre compte Mon Paris ne montre plus vos demandes",
    "counter_visit": "Au guichet, un agent a ouvert votre demande avec le code de votre courrier",
    "rights_open": "Un service vous informe d'un droit. Vous pouvez vous y opposer",
    "rights_opposed": "Vous vous êtes opposé à ce qu'un service vous informe d'un droit",
    "rights_not_entitled": "Un service a vu que vous n'avez pas ce droit. L'information est effacée",
    "rights_over": "Un service ne peut plus vous informer d'un droit. L'information est effacée",
    "life_event_birth": "Vous avez déclaré une naissance",
    "life_event_separation": "Vous avez déclaré une séparation",
    "life_event_job_loss": "Vous avez déclaré une perte d'emploi",
    "life_event_move": "Vous avez déclaré un déménagement",
    "life_event_death": "Vous avez déclaré un décès",
    "confirmation_wanted": "L'autre responsable de votre enfant a fait une demande : votre accord est demandé",
    "confirmation_awaited": "L'autre responsable de votre enfant est maintenant reconnu : votre demande attend son accord",
    "confirmed_by_you": "Vous avez donné votre accord à une demande pour votre enfant",
    "objected_by_you": "Vous vous êtes opposé à une demande pour votre enfant. Un agent s'en occupe",
    "confirmed": "L'autre responsable de votre enfant a donné son accord : votre demande peut prendre effet",
    "objected": "L'autre responsable de votre enfant n'est pas d'accord. Un agent regarde votre demande",
    "lifted": "Un agent a examiné le désaccord : votre demande peut prendre effet",
    "upheld": "Un agent a examiné le désaccord : sans accord, votre demande ne prend pas effet. Un juge peut décider",
    "lifted_for_you": "Un agent a examiné votre opposition : la demande peut prendre effet",
    "upheld_for_you": "Un agent a examiné votre opposition : la demande ne prend pas effet sans votre accord",
}

_MANDATE_STEPS = {
    "mandate_given": "Mandat donné",
    "mandate_accepted": "Mandat accepté",
    "mandate_narrowed": "Un thème d'un mandat a été retiré",
    "mandate_ended": "Mandat arrêté",
}
_ACCOUNT_STEPS = {
    "account_joined": "Vous avez relié un autre compte",
    "merge_asked": "Vous avez demandé à réunir deux comptes. Deux agents vont regarder",
    "merged": "Deux agents ont réuni vos deux comptes",
    "merge_refused": "Deux agents ont examiné votre demande : vos comptes restent séparés",
    "part_asked": "Vous avez demandé à séparer deux comptes réunis",
    "parted": "Vos deux comptes sont de nouveau séparés",
    "accounts_parted": "Vos deux comptes sont de nouveau séparés",
    "childhood_asked": "Vous avez demandé les documents de votre enfance",
    "childhood_found": "Deux agents ont reconnu l'enfant que vous étiez : ses documents sont à vous",
    "childhood_came": "Vous avez 18 ans : les documents qui parlent de vous seul sont à vous",
    "childhood_parted": "Vous avez rendu les documents d'enfance qui vous avaient été remis",
}
_RELEASED = {
    "answer": "Réponse signée, à la place d'un document",
    "agent": "Un agent a regardé un document",
    "original": "Transmission de l'original d'un document, parce qu'une règle le demande",
}
_VIEW_STEPS = {"exchange_looked": "Un technicien a regardé un échange avec un organisme, valeurs masquées"}
_PUSH_STEPS = {"dashboard": "Votre compte Mon Paris montre où en est votre demande"}
_REFUSED_STEPS = {"link": "Un code pour relier un service a été refusé"}
_STEPS = {
    JournalAct.LINK: _LINK_STEPS,
    JournalAct.REQUEST: _REQUEST_STEPS,
    JournalAct.REFUSE: _REFUSED_STEPS,
    JournalAct.VIEW: _VIEW_STEPS,
    JournalAct.SIGN_IN: _ACCOUNT_STEPS,
    JournalAct.GRANT: _MANDATE_STEPS,
    JournalAct.PUSH: _PUSH_STEPS,
}
_GRANT_STATES = {
    "requested": "Un service vous demande une autorisation",
    "active": "Autorisation de réutiliser vos documents",
    "paused": "Autorisation mise en pause",
    "withdrawn": "Autorisation retirée",
    "refused": "Autorisation refusée",
    "expired": "Autorisation terminée",
}


def trace_of(tx: ReadTx, catalogue: Catalogue, person_id: PersonId, *, limit: int = 200) -> list[TraceLine]:
    """Return what was done with a person's papers, newest first; nobody else's acts appear by name."""
    entries = entries_about(tx, person_id, limit=limit)
    kinds = _kinds(tx, {stored.entry.document for stored in entries if stored.entry.document is not None})
    asked = {stored.entry_id: _behalf(stored.entry) for stored in entries}
    acted = {UUID(under) for one in entries if isinstance(under := one.entry.detail.get("mandate"), str)}
    helpers = helpers_named(tx, acted) if acted else {}
    words = {one: in_words(tx, *one) for one in set(filter(None, asked.values()))}
    return [
        _line(catalogue, stored, kinds, words.get(asked[stored.entry_id] or ("", ""), ""), (helpers, person_id))
        for stored in entries
    ]


def _behalf(entry: JournalEntry) -> tuple[str, str] | None:
    """Return for which body a treatment or agent stood behind a request, and which (CRPA R.114-9-6)."""
    named = entry.detail.get("on_behalf_of")
    return (entry.recipient, named) if entry.recipient and isinstance(named, str) else None


def _kinds(tx: ReadTx, documents: set[UUID]) -> dict[UUID, EvidenceType]:
    """Return what each of these papers was read as; the person knows them by kind, not by number."""
    columns = select(READING.c.document_id, READING.c.evidence_type)
    rows = tx.execute(columns.where(READING.c.document_id.in_(list(documents))))
    return {row.document_id: EvidenceType(row.evidence_type) for row in rows}


def _line(
    catalogue: Catalogue,
    stored: StoredEntry,
    kinds: dict[UUID, EvidenceType],
    behalf: str,
    seen: tuple[dict[str, str], PersonId],
) -> TraceLine:
    entry = stored.entry
    why = _why_looked(catalogue, entry) if _looked(entry) else _why(catalogue, stored)
    kind = catalogue.evidence.get(kinds.get(entry.document, EvidenceType.UNKNOWN)) if entry.document else None
    step = entry.detail.get("step")
    return TraceLine(
        at=stored.recorded_at,
        act=entry.act.value,
        who=_helper(entry, *seen) or _who(catalogue, entry),
        what=_what(stored) + (f" : {kind.name_fr}" if kind is not None and step != "told" else ""),
        why=", ".join(filter(None, (why, behalf))),
        document=entry.document,
        entry=stored.entry_id,
        release=_release(entry),
    )


def _release(entry: JournalEntry) -> UUID | None:
    named = entry.detail.get("release")
    return UUID(named) if isinstance(named, str) else None


def _helper(entry: JournalEntry, helpers: dict[str, str], reader: PersonId) -> str | None:
    """Return who acted for the person, where a helper did; and of a mandate, where the other side did."""
    if "of_mandate" in entry.detail and entry.actor.id != str(reader):
        return "L'autre personne du mandat"
    under = entry.detail.get("mandate")
    if not isinstance(under, str) or entry.actor.kind is not ActorKind.RESIDENT:
        return None
    return f"{helpers.get(under, 'Votre aidant')}, pour vous"


def _who(catalogue: Catalogue, entry: JournalEntry) -> str:
    kind = entry.actor.kind
    if _looked(entry):
        # The body of the entry is the one at the other end.
        return "Un technicien de la Ville"
    if kind is ActorKind.RESIDENT:
        return "Vous"
    told = kind is ActorKind.PROCESS and entry.act is JournalAct.REVIEW
    if kind is ActorKind.PROCESS and not told:
        return "Le service Une Fois"
    # Of an agent the person reads the body and never a name (CRPA R.114-9-6: the journal has the agent).
    body = catalogue.bodies.get(Siret((entry.recipient or "") if told or kind is ActorKind.AGENT else entry.actor.id))
    return body.name if body is not None else "Un organisme"


def _what(stored: StoredEntry) -> str:
    step = stored.entry.detail.get("step")
    if stored.entry.act in _STEPS and isinstance(step, str):
        return _STEPS[stored.entry.act].get(step, _SENTENCES[stored.entry.act])
    if stored.entry.act is JournalAct.REVIEW:
        reason = str(stored.entry.detail.get("reason", "")) if step == "told" else ""
        sentence = family_sentence(reason) or _REVIEW_STEPS.get(str(step), _SENTENCES[JournalAct.REVIEW])
        return sentence.removesuffix(".")
    if stored.entry.act in (JournalAct.GRANT, JournalAct.WITHDRAW) and "authorisation" in stored.entry.detail:
        return _GRANT_STATES.get(str(stored.entry.detail.get("state")), _SENTENCES[stored.entry.act])
    if stored.entry.act is JournalAct.RELEASE:
        said = stored.entry.detail
        how = "original" if said.get("form") == "original" else str(said.get("channel"))
        return _RELEASED.get(how, _SENTENCES[JournalAct.RELEASE])
    if stored.entry.act is JournalAct.DEPOSIT and stored.entry.detail.get("reused"):
        return "Document déjà déposé, réutilisé"
    return _SENTENCES[stored.entry.act]


def _looked(entry: JournalEntry) -> bool:
    return entry.act is JournalAct.VIEW and entry.detail.get("step") == "exchange_looked"


def _why_looked(catalogue: Catalogue, entry: JournalEntry) -> str:
    body = catalogue.bodies.get(Siret(entry.recipient or ""))
    category = entry.detail.get("category")
    said = FAMILY_FR[LookReason(category)] if isinstance(category, str) else ""
    return ", ".join(filter(None, (said, "" if body is None else f"échange avec : {body.name}")))


def _why(catalogue: Catalogue, stored: StoredEntry) -> str:
    purpose = stored.entry.purpose
    if purpose == "own_copy" and "mandate" in stored.entry.detail:
        return "Votre aidant a ouvert ce document, comme votre mandat le permet"
    if purpose == "own_copy":
        return "Vous avez consulté votre document"
    if purpose == Purpose.RIGHTS_INFORMATION:
        return f"Pour vous informer d'un droit, {Instrument.CRPA_L114_8_II.value}"
    if purpose == Purpose.FAMILY_LINK:
        return "Votre demande de lien avec un enfant"
    service = next((s for s in catalogue.services.values() if s.purpose.value == purpose), None)
    if service is None:
        return ""
    ground = stored.entry.ground or {}
    instrument = " ".join(filter(None, (str(ground.get("instrument", "")), _convention(ground))))
    act = {"authorised": "avec votre autorisation", "informed": "vous en avez été informé"}.get(
        str(ground.get("act", "")), ""
    )
    return ", ".join(filter(None, (service.name_fr, instrument, act)))


def _convention(ground: Mapping[str, object]) -> str:
    # A convention is known by its number; of an article of law the number of the convention says nothing more.
    return str(ground.get("convention", "")) if ground.get("instrument") == Instrument.CONVENTION else ""
