"""The shapes of an agency's answers, each field as agreed; one that is new, missing or renamed is no answer."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from connectors.caisse.words import AMENDS_FR, KINDS_FR, PARITIES_FR, REFUSALS_FR, REMEDIES_FR
from contracts.decisions import Amendment, AmendmentKind, Author, Decision, Payer, Remedy, School
from contracts.identifiers import PartnerPseudonym, Siret

Word = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(max_length=200)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(_Answer):
    """Why something was not done; the survivor where two became one."""

    code: Word
    message: Words = ""
    nouvelle_reference: UUID | None = None


class Done(_Answer):
    """What became of one thing that was asked for; ``etat`` says it, ``numero`` proves that it was done."""

    reference: UUID
    etat: Literal["fait", "deja", "recu", "refus", "fusion", "conflit"]
    numero: Words = ""
    code: Words = ""
    message: Words = ""
    nouvelle_reference: UUID | None = None


class DoneAll(_Answer):
    """What became of each line of a message."""

    lignes: tuple[Done, ...]


class Reservation(_Answer):
    """A basket that was booked."""

    session: UUID
    numero: Word
    jours: tuple[date, ...]


class _Author(_Answer):
    service: str
    fonction: str


class _Remedy(_Answer):
    nature: str
    devant: str
    mois: int


class _Payer(_Answer):
    ligne: UUID
    tranche: str = ""
    semaines: str = ""
    part: int = 100


class _School(_Answer):
    nom: str
    uai: str


class _Amendment(_Answer):
    lien: str
    numero: str


class DecisionSaid(_Answer):
    """One decision."""

    numero: Word
    nature: str
    ligne: UUID
    activite: Word
    decide_le: date
    notifie_le: date | None = None
    effet: date
    fin: date | None = None
    tranche: str = ""
    payeurs: tuple[_Payer, ...] = ()
    ecole: _School | None = None
    motif_refus: str = ""
    precedente: _Amendment | None = None
    auteur: _Author
    recours: tuple[_Remedy, ...]

    def decision(self, siret: Siret) -> Decision:
        """Return it in our words; raises ``KeyError`` for a word the dialect does not have."""
        before = self.precedente
        return Decision(
            kind=KINDS_FR[self.nature],
            decided_by=siret,
            service=self.activite,
            line=PartnerPseudonym(self.ligne),
            number=self.numero,
            decided_on=self.decide_le,
            valid_from=self.effet,
            valid_until=self.fin,
            author=Author(self.auteur.service, self.auteur.fonction),
            remedies=tuple(Remedy(REMEDIES_FR[one.nature], one.devant, one.mois) for one in self.recours),
            notified_on=self.notifie_le,
            band=self.tranche,
            payers=tuple(
                Payer(PartnerPseudonym(one.ligne), one.tranche, PARITIES_FR[one.semaines], one.part)
                for one in self.payeurs
            ),
            school=None if self.ecole is None else School(self.ecole.nom, self.ecole.uai),
            refused_for=REFUSALS_FR[self.motif_refus],
            amends=None if before is None else Amendment(_amends(before.lien), before.numero),
        )


def _amends(said: str) -> AmendmentKind:
    kind = AMENDS_FR[said]
    if kind is None:
        raise KeyError(said)
    return kind


class Decisions(_Answer):
    """A page of decisions; ``total`` counts those of the whole window."""

    total: int = Field(ge=0)
    decisions: tuple[DecisionSaid, ...]
    suivant: str = Field(default="", max_length=64)


class _InvoiceLine(_Answer):
    libelle: Words
    montant: int


class Invoice(_Answer):
    """One invoice; amounts are in cents."""

    numero: Word
    emise_le: date
    echeance: date
    montant: int
    regle: int
    lignes: tuple[_InvoiceLine, ...]


class Invoices(_Answer):
    """What a family is invoiced."""

    famille: UUID
    nombre: int = Field(ge=0)
    du: int
    factures: tuple[Invoice, ...]


class Health(_Answer):
    """That the agency is well, and which version of the dialect it speaks."""

    etat: Literal["ok"]
    version: Word
    maintenant: datetime
