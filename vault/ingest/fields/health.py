"""Vaccination: the doses that school asks for (CSP, art. L.3111-2: diphtheria, tetanus, poliomyelitis)."""

import re

from contracts.readings import Field
from vault.ingest.fields import shapes
from vault.ingest.fields.found import Found, Run, Values
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, one, take

_DTP = re.compile(r"\bD ?\.?T ?\.?C?A?P|\bDTP|DIPHTERIE|TETANOS|POLIO|HEXAVALENT|TETRAVALENT|PENTAVALENT|DTCA")
_NEXT = re.compile(r"PROCHAIN|RAPPEL (?:PREVU|A FAIRE|DU)|A REFAIRE|A RENOUVELER")
_WANTED = (
    Wanted(
        Field.HOLDER_NAME,
        shapes.name,
        ("Nom et prénom de l'enfant", "Nom et prénom", "Nom, prénom", "Enfant :", "Patient :"),
    ),
    Wanted(
        Field.HOLDER_NAME,
        shapes.name,
        ("certifie que l'enfant", "certifie avoir vacciné", "que l'enfant", "certifie que"),
        running=True,
    ),
    Wanted(Field.HOLDER_BORN_ON, shapes.day, ("Date de naissance", "Né(e) le", "Née le", "Né le"), running=True),
    Wanted(Field.ISSUED_ON, shapes.day, ("Fait à", "Fait le", "Établi le", "Paris, le", "Délivré le"), running=True),
)


def vaccination(sheet: Sheet) -> Values:
    """Return whose vaccinations, the last dose against diphtheria, tetanus and polio, and the next one due."""
    doses: list[Found] = []
    due = one(
        sheet, shapes.day, "Prochain rappel", "Prochaine dose", "Rappel prévu le", "Prochain rappel DTP", running=True
    )
    for row in sorted({segment.row for segment in sheet.segments}):
        run = Run(tuple(word for segment in sheet.segments if segment.row == row for word in segment.words))
        dose = shapes.day(run.words)
        if dose and _DTP.search(run.text) and not _NEXT.search(run.text):
            doses.append(dose)
    last = max(doses, key=lambda dose: dose.value, default=None)
    return {**take(sheet, _WANTED), Field.DTP_LAST_DOSE_ON: last, Field.DTP_NEXT_DOSE_ON: due}
