"""What persons are told, word for word: versioned texts, each kept as it was shown, under an identifier of its own."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.documents import DECISIONS
from contracts.identifiers import PersonId, Siret, new_uuid
from hub.requests.tables import NOTICE_GIVEN, NOTICE_TEXT
from hub.requirements.catalogue import Catalogue, Service
from vault.db import ReadTx, WriteTx


class NoticeKind(StrEnum):
    """What a person is told of; stored, so never renamed."""

    ON_REQUEST = "l114_8_i"
    """What a request needs and what is fetched from whom (CRPA L.114-8 I)."""
    AUTHORISATION = "authorisation"
    """What an authorisation to reuse papers allows, and that refusing it costs nothing."""
    ON_RIGHTS = "l114_8_ii"
    """That a body uses data in order to inform of a right, and how to oppose (CRPA L.114-8 II)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A text to be shown; ``version`` changes with every word of it that is ours (a test holds that)."""

    kind: NoticeKind
    version: str
    body: str

    @property
    def text_id(self) -> UUID:
        """The identifier of exactly this text, made of kind, version and words."""
        whole = f"{self.kind.value}\n{self.version}\n{self.body}"
        return UUID(bytes=hashlib.sha256(whole.encode()).digest()[:16])


@dataclass(frozen=True, slots=True)
class GivenNotice:
    """A notice as one person was given it."""

    notice_id: UUID
    kind: NoticeKind
    version: str
    body: str
    channel: str
    given_at: datetime


def notice_on_request(catalogue: Catalogue, service_id: str, body_siret: Siret) -> Notice:
    """Return the text that tells a family what is needed and what is fetched from whom (CRPA L.114-8 I)."""
    service, body = catalogue.services[service_id], catalogue.bodies[body_siret]
    fetched = [requirement.name_fr for requirement in service.requirements if requirement.fetch]
    asked = "Pour étudier votre demande, " + body.name + " a besoin de : "
    asked += ", ".join(requirement.name_fr.lower() for requirement in service.requirements) + "."
    if fetched:
        asked += (
            " Nous demandons directement à la CAF ou à la MSA votre quotient familial ; vous n'avez rien à fournir."
        )
    if decided := _decided_elsewhere(catalogue, service):
        asked += " Ce qu'un autre service a décidé, il nous l'envoie, et nous le donnons à celui-ci sans rien vous demander : "
        asked += f"{', '.join(decided)}."
    asked += (
        " Vous pouvez voir qui a consulté vos documents, faire corriger une erreur et vous opposer à la réutilisation"
        " d'un document : vous pourrez alors le donner vous-même au service."
    )
    return Notice(NoticeKind.ON_REQUEST, "L114-8-I/fr/2", asked)


def _decided_elsewhere(catalogue: Catalogue, service: Service) -> list[str]:
    """Return what this service rests on and another one decides, by name."""
    wanted = [one for one in (*service.requirements, *service.conditional) if one.awaited_from is not service.role]
    kinds = sorted({kind for one in wanted for kind in one.takes & DECISIONS})
    names = [catalogue.evidence[kind].name_fr for kind in kinds]
    return [name[:1].lower() + name[1:] for name in names]


def notice_of_authorisation(catalogue: Catalogue, service_id: str, body_siret: Siret) -> Notice:
    """Return the text that a person reads before they let a body reuse papers."""
    service, body = catalogue.services[service_id], catalogue.bodies[body_siret]
    told = (
        f"Si vous dites oui, {body.name} pourra utiliser, pour « {service.name_fr} » et pour rien d'autre, des documents"
        " que vous avez déjà déposés. Vous pouvez arrêter quand vous voulez : à partir de ce moment, le service ne"
        " reçoit plus rien. Si vous dites non, vous ne perdez rien : vous pouvez donner le document vous-même."
    )
    return Notice(NoticeKind.AUTHORISATION, "autorisation/fr/1", told)


def notice_of_rights(catalogue: Catalogue, service_id: str, body: str) -> Notice:
    """Return the first message by which a family learns that its data serve to inform it, and that it may oppose."""
    told = (
        f"{body} pense que vous avez peut-être droit à : {catalogue.services[service_id].name_fr}. Pour vous le dire, ce"
        " service utilise une information qu'il a déjà demandée pour vous. Il ne peut pas s'en servir pour vous"
        " contrôler. Vous pouvez vous y opposer maintenant ou plus tard : l'information est alors effacée tout de suite."
        " Elle est effacée de toute façon au bout de douze mois au plus."
    )
    return Notice(NoticeKind.ON_RIGHTS, "L114-8-II/fr/1", told)


def give_notice(
    tx: WriteTx,
    notice: Notice,
    person: PersonId,
    *,
    request_id: UUID,
    recipient: Siret,
    channel: str,
    now: datetime,
) -> UUID:
    """Write down that a person was shown ``notice``, keep its text, and return the identifier of the giving.

    ``recipient`` is the body that the notice is about: it may act on what was said, and reads that it was.
    """
    kept = {"notice_text_id": notice.text_id, "kind": notice.kind.value, "version": notice.version}
    tx.execute(insert(NOTICE_TEXT).values(**kept, body=notice.body, recorded_at=now).on_conflict_do_nothing())
    notice_id = new_uuid()
    tx.execute(
        insert(NOTICE_GIVEN).values(
            notice_id=notice_id,
            request_id=request_id,
            person_id=person,
            text_version=notice.version,
            channel=channel,
            given_at=now,
            notice_text_id=notice.text_id,
            recipient=recipient,
        )
    )
    return notice_id


def notices_of(tx: ReadTx, person: PersonId) -> list[GivenNotice]:
    """Return what a person was told, word for word, newest first."""
    rows = tx.execute(
        select(NOTICE_GIVEN, NOTICE_TEXT.c.kind, NOTICE_TEXT.c.version, NOTICE_TEXT.c.body)
        .join(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
        .where(NOTICE_GIVEN.c.person_id == person)
        .order_by(NOTICE_GIVEN.c.given_at.desc(), NOTICE_GIVEN.c.notice_id)
    )
    return [
        GivenNotice(row.notice_id, NoticeKind(row.kind), row.version, row.body, row.channel, row.given_at)
        for row in rows
    ]
