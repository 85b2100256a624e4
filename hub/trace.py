"""Who saw what and why, as the person concerned reads it (CRPA R.114-9-7: traces are theirs to see)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from contracts.documents import EvidenceType
from contracts.identifiers import PersonId, Siret
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx
from vault.documents.tables import READING
from vault.journal.entries import StoredEntry, entries_about
from vault.journal.records import ActorKind, JournalAct


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


_SENTENCES = {
    JournalAct.SIGN_IN: "Connexion",
    JournalAct.DEPOSIT: "Dépôt d'un document",
    JournalAct.CONCLUDE: "Lecture du document",
    JournalAct.VIEW: "Consultation",
    JournalAct.RELEASE: "Transmission d'un document",
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
    JournalAct.RESTORE: "Remise en service depuis une sauvegarde",
}
_LINK_STEPS = {
    "claimed": "Vous avez demandé un lien avec un enfant",
    "proved": "Le lien avec votre enfant est prouvé",
    "contested": "Une autre personne a demandé un lien avec votre enfant. Un agent s'en occupe ; elle n'a rien vu",
}


def trace_of(tx: ReadTx, catalogue: Catalogue, person_id: PersonId, *, limit: int = 200) -> list[TraceLine]:
    """Return what was done with a person's papers, newest first; nobody else's acts appear by name."""
    entries = entries_about(tx, person_id, limit=limit)
    kinds = _kinds(tx, {stored.entry.document for stored in entries if stored.entry.document is not None})
    return [_line(catalogue, stored, kinds) for stored in entries]


def _kinds(tx: ReadTx, documents: set[UUID]) -> dict[UUID, EvidenceType]:
    """Return what each of these papers was read as; the person knows them by kind, not by number."""
    columns = select(READING.c.document_id, READING.c.evidence_type)
    rows = tx.execute(columns.where(READING.c.document_id.in_(list(documents))))
    return {row.document_id: EvidenceType(row.evidence_type) for row in rows}


def _line(catalogue: Catalogue, stored: StoredEntry, kinds: dict[UUID, EvidenceType]) -> TraceLine:
    entry = stored.entry
    kind = catalogue.evidence.get(kinds.get(entry.document, EvidenceType.UNKNOWN)) if entry.document else None
    return TraceLine(
        at=stored.recorded_at,
        act=entry.act.value,
        who=_who(catalogue, entry.actor.kind, entry.actor.id),
        what=_what(stored) + (f" : {kind.name_fr}" if kind is not None else ""),
        why=_why(catalogue, stored),
        document=entry.document,
        entry=stored.entry_id,
    )


def _who(catalogue: Catalogue, kind: ActorKind, identifier: str) -> str:
    if kind is ActorKind.RESIDENT:
        return "Vous"
    if kind is ActorKind.PROCESS:
        return "Le service Une Fois"
    body = catalogue.bodies.get(Siret(identifier))
    return body.name if body is not None else "Un organisme"


def _what(stored: StoredEntry) -> str:
    step = stored.entry.detail.get("step")
    if stored.entry.act is JournalAct.LINK and isinstance(step, str):
        return _LINK_STEPS.get(step, _SENTENCES[JournalAct.LINK])
    if stored.entry.act is JournalAct.DEPOSIT and stored.entry.detail.get("reused"):
        return "Document déjà déposé, réutilisé"
    return _SENTENCES[stored.entry.act]


def _why(catalogue: Catalogue, stored: StoredEntry) -> str:
    purpose = stored.entry.purpose
    if purpose == "own_copy":
        return "Vous avez consulté votre document"
    service = next((s for s in catalogue.services.values() if s.purpose.value == purpose), None)
    if service is None:
        return ""
    ground = stored.entry.ground or {}
    instrument = str(ground.get("instrument", ""))
    act = {"authorised": "avec votre autorisation", "informed": "vous en avez été informé"}.get(
        str(ground.get("act", "")), ""
    )
    return ", ".join(filter(None, (service.name_fr, instrument, act)))
