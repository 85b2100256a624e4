"""A family's children, démarches, school files, and who saw what."""

from uuid import UUID

from fastapi import APIRouter

from contracts.calendar import Parity
from hub.api.answer_shapes import ForeseenShape
from hub.api.callers import DoorDep, Resident, prove_afresh
from hub.api.shapes import (
    AccessShape,
    AcknowledgementShape,
    BodyContactShape,
    ChildShape,
    ClaimedShape,
    ClaimShape,
    DecidedRemedyShape,
    DecidedShape,
    LineShape,
    RenewalShape,
    RequirementShape,
    SchoolFileShape,
    SessionShape,
    SometimesShape,
    WishShape,
)
from hub.persons.family import Child, children_of, claim_child
from hub.releases.previewing import foresee
from hub.requests.decided import Decided
from hub.requests.open import Wish, open_request
from hub.school_files.view import FileView, LineView, school_files
from hub.trace import trace_of

router = APIRouter(prefix="/v1", tags=["families"])

CLAIMED = ClaimedShape(
    fr="Votre demande est enregistrée. Déposez l'acte de naissance de l'enfant : le lien sera vérifié.",
    en="Your claim is recorded. Hand in the child's birth certificate: the link will be checked.",
)
"""The same words for every claim, whatever the hub knows of the child."""


@router.get("/session")
def read_session(who: Resident) -> SessionShape:
    """Return who is signed in."""
    return SessionShape(
        family_name=who.family_name,
        given_names=list(who.given_names),
        provider=who.provider,
        level=who.level,
        authenticated_at=who.authenticated_at,
    )


@router.get("/children")
def list_children(door: DoorDep, who: Resident) -> list[ChildShape]:
    """Return the children whose link to oneself is proved."""
    with door.custody.db.read() as tx:
        return [_child(child) for child in children_of(tx, who.person_id)]


@router.post("/children", status_code=202)
def claim(claim: ClaimShape, door: DoorDep, who: Resident) -> ClaimedShape:
    """Say that a child is one's own; the answer is the same for every child."""
    with door.custody.db.transaction() as tx:
        claim_child(
            tx,
            who.person_id,
            family_name=claim.family_name,
            given_names=tuple(claim.given_names),
            born_on=claim.born_on,
            now=door.custody.now(),
        )
    return CLAIMED


@router.post("/requests", status_code=201)
def request_service(wish: WishShape, door: DoorDep, who: Resident) -> AcknowledgementShape:
    """Open a démarche; the answer is its acknowledgement. To allow the reuse of papers takes a fresh sign-in."""
    if wish.reuse_authorised:
        prove_afresh(door, who)
    asked = Wish(
        child_id=wish.child,
        school_year=wish.school_year,
        service=wish.service,
        body=wish.body,
        accuracy_sworn=wish.accuracy_sworn,
        reuse_authorised=wish.reuse_authorised,
        channel="api",
        since=wish.since,
        parity=wish.parity,
        share=wish.share,
    )
    with door.custody.db.transaction() as tx:
        _, acknowledgement = open_request(tx, door.catalogue, who.person_id, asked, now=door.custody.now())
    return AcknowledgementShape.model_validate(acknowledgement)


@router.get("/school-files")
def list_school_files(door: DoorDep, who: Resident) -> list[SchoolFileShape]:
    """Return the school files of one's children, with one's own lines."""
    with door.custody.db.read() as tx:
        return [_file(view) for view in school_files(tx, door.catalogue, who.person_id)]


@router.get("/lines/{line}/preview")
def preview_line(line: UUID, door: DoorDep, who: Resident) -> list[ForeseenShape]:
    """Return what the body of one's own line would receive if it asked now: the very claims, and which papers."""
    with door.custody.db.read() as tx:
        found = foresee(tx, door.catalogue, who.person_id, line, now=door.custody.now())
    return [ForeseenShape.model_validate(one) for one in found]


@router.get("/accesses")
def list_accesses(door: DoorDep, who: Resident) -> list[AccessShape]:
    """Return who saw what and why, newest first (CRPA R.114-9-7)."""
    with door.custody.db.read() as tx:
        return [AccessShape.model_validate(line) for line in trace_of(tx, door.catalogue, who.person_id)]


def _child(child: Child) -> ChildShape:
    return ChildShape(
        child=child.child_id,
        family_name=child.family_name,
        given_names=list(child.given_names),
        born_on=child.born_on,
        grade=child.grade,
    )


def _file(view: FileView) -> SchoolFileShape:
    return SchoolFileShape(
        file=view.file_id,
        child=_child(view.child),
        school_year=view.school_year,
        lines=[_line(line) for line in view.lines],
        renewals=[RenewalShape.model_validate(item) for item in view.renewals],
    )


def _line(line: LineView) -> LineShape:
    return LineShape(
        line_id=line.line_id,
        service=line.service,
        service_name=line.service_name,
        body=line.body,
        body_name=line.body_name,
        body_contact=BodyContactShape.model_validate(line.body_contact),
        parity=Parity(line.parity),
        share=line.share,
        follows=line.follows,
        valid_from=line.valid_from,
        valid_until=line.valid_until,
        requested_at=line.requested_at,
        complete=line.complete,
        requirements=[RequirementShape.model_validate(item) for item in line.requirements],
        sometimes=[SometimesShape.model_validate(item) for item in line.sometimes],
        decisions=[_decided(one) for one in line.decisions],
        waits_for=line.waits_for,
    )


def _decided(one: Decided) -> DecidedShape:
    return DecidedShape(
        kind=one.kind,
        number=one.number,
        decided_by=one.body,
        decided_on=one.decided_on,
        notified_on=one.notified_on,
        in_force_from=one.first if one.ever else None,
        in_force_until=one.last if one.ever else None,
        ended_early=one.ended_early,
        withdraws=one.withdraws,
        band=one.band,
        weeks=one.parity,
        share=one.share,
        school_name=None if one.school is None else one.school.name,
        school_uai=None if one.school is None else one.school.uai,
        refused_for=one.refused_for,
        author_service=one.author[0],
        author_function=one.author[1],
        remedies=[DecidedRemedyShape.model_validate(way) for way in one.remedies],
    )
