"""Which treatment or habilitated agent stands behind a request (CRPA R.114-9-6): checked, and said in plain words."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from contracts.grounds import Purpose
from hub.errors import InvalidValue, NotHabilitated, OutsideAgreement
from hub.partners.registry import AgreementFile
from hub.partners.tables import AGREEMENT
from vault.db import ReadTx

_GRAMMAR = re.compile(r"treatment:(?P<treatment>[a-z0-9._-]+)|agent:(?P<role>[a-z0-9._-]+):[A-Za-z0-9._-]{1,60}")
_COLUMNS = {"treatment": AGREEMENT.c.treatments, "role": AGREEMENT.c.agent_roles}


def require_agreement(
    agreements: Iterable[AgreementFile], service: str, purpose: Purpose, on_behalf_of: str
) -> AgreementFile:
    """Return an agreement in force that covers a question and lists who stands behind it.

    ``on_behalf_of`` is ``treatment:ID`` or ``agent:ROLE:NUMBER``, where the number is the partner's own for its agent.
    Raises :class:`InvalidValue` for anything else, :class:`OutsideAgreement` where none covers service and purpose, and
    :class:`NotHabilitated` where none of those lists the treatment or the role.
    """
    kind, name = _read(on_behalf_of)
    covering = [one for one in agreements if service in one.services and purpose in one.purposes]
    if not covering:
        raise OutsideAgreement(f"{service} for {purpose}: no agreement in force covers it")
    for one in covering:
        listed = one.treatments if kind == "treatment" else one.agent_roles
        if name in {known.id for known in listed}:
            return one
    what = "treatment" if kind == "treatment" else "role of agents"
    raise NotHabilitated(f"on_behalf_of: the agreement lists no such {what} for {service}")


def in_words(tx: ReadTx, siret: str, on_behalf_of: str) -> str:
    """Return in French who stood behind a request, as the body's agreements name it, also those that have ended."""
    try:
        kind, name = _read(on_behalf_of)
    except InvalidValue:
        return ""
    column = _COLUMNS[kind]
    stated = select(column).where(AGREEMENT.c.siret == siret, column.is_not(None))
    # The newest names it as it is called now.
    for listed in tx.execute(stated.order_by(AGREEMENT.c.recorded_at.desc())).scalars():
        for known in listed:
            if known["id"] == name:
                who = "pour le traitement" if kind == "treatment" else "à la demande d'un agent"
                return f"{who} « {known['name_fr']} »"
    return ""


def _read(on_behalf_of: str) -> tuple[str, str]:
    found = _GRAMMAR.fullmatch(on_behalf_of)
    if found is None:
        raise InvalidValue("on_behalf_of: « treatment:ID » or « agent:ROLE:NUMBER », as the agreement lists them")
    return ("treatment", found["treatment"]) if found["treatment"] else ("role", found["role"])
