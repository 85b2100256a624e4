"""What people declare and judges decide: hosting statement, sworn statement, judgment on parental authority."""

import re

from contracts.readings import Field
from vault.ingest.fields import address, shapes
from vault.ingest.fields.found import Found, Run, Values
from vault.ingest.fields.sheet import Sheet
from vault.ingest.fields.wanted import Wanted, one, take

_SIGNED = Wanted(Field.ISSUED_ON, shapes.day, ("Fait à", "Fait le", "Paris, le", "À Paris, le", "Date :"), running=True)
_SELF = ("Je soussignée", "Je soussigné", "Je soussigné(e)", "soussignée", "soussigné", "Nom et prénom", "Déclarant :")
_HOSTED = (
    "certifie héberger à mon domicile",
    "atteste héberger à mon domicile",
    "héberger à mon domicile",
    "certifie héberger",
    "atteste héberger",
    "héberge à mon domicile",
    "héberge à titre gratuit",
    "déclare héberger",
    "héberger",
    "Personne hébergée",
    "Hébergé(e) :",
    "que",
    "Nom de l'hébergé",
)
_HOST = ("Je soussignée", "Je soussigné", "Je soussigné(e)", "Hébergeant :", "Nom de l'hébergeant", "Hébergeant")
_STATED = re.compile(
    r"(?:ATTESTE|DECLARE|CERTIFIE)(?: PAR LA PRESENTE)?,? SUR L'?\s?HONNEUR,? :? ?(?P<said>.*?)"
    r"(?= J'AI CONNAISSANCE| JE SUIS INFORME| FAIT POUR| POUR (?:SERVIR ET )?VALOIR| CETTE ATTESTATION| LA PRESENTE| FAIT A | FAIT LE |$)",
    re.DOTALL,
)
_JOINT = re.compile(r"(?:CONJOINTE?MENT|EN COMMUN|AUTORITE PARENTALE CONJOINTE|EXERCICE CONJOINT)")
_SOLE = re.compile(r"EXCLUSI(?:F|VE|VEMENT)|EXERCEE? (?:SEULE?|UNILATERALEMENT)|\bSEULE? L'?\s?AUTORITE PARENTALE")
_WITHDRAWN = re.compile(r"RETRAIT (?:TOTAL |PARTIEL )?DE (?:L')?AUTORITE PARENTALE|PRONONCE LE RETRAIT")
_ALTERNATING = re.compile(r"RESIDENCE ALTERNEE|ALTERNANCE|EN ALTERNANCE|ALTERNATIVEMENT")
_OF_WHOM = re.compile(r"(?:PAR|A|DE|CHEZ|AU DOMICILE DE) (?P<named>(?:M\.|MME|MADAME|MONSIEUR) .{3,60})")
_JUDGMENT = (
    Wanted(
        Field.REFERENCE,
        shapes.reference,
        ("N° RG", "RG n°", "Rôle général", "N° de minute", "Minute n°", "Répertoire général"),
    ),
    Wanted(
        Field.ISSUED_ON,
        shapes.day,
        (
            "Jugement du",
            "Jugement rendu le",
            "Ordonnance du",
            "Prononcé le",
            "rendu le",
            "audience du",
            "en date du",
            "Décision du",
        ),
        running=True,
    ),
)
MAX_STATEMENT = 300


def hosting(sheet: Sheet) -> Values:
    """Return who houses whom, where, since when."""
    values = dict(
        take(sheet, (_SIGNED, Wanted(Field.VALID_FROM, shapes.day, ("depuis le", "à compter du"), running=True)))
    )
    home = address.said_in(sheet, "demeurant", "domiciliée", "domicilié", "résidant", "Adresse :", "domicile")
    return {
        **values,
        **(home.fields() if home else {}),
        Field.HOST_NAME: one(sheet, shapes.name, *_HOST, running=True),
        Field.HOSTED_NAME: one(sheet, shapes.name, *_HOSTED, running=True),
    }


def sworn(sheet: Sheet) -> Values:
    """Return who declares what."""
    home = address.said_in(sheet, "demeurant", "domiciliée", "domicilié", "résidant", "Adresse :")
    return {
        **take(sheet, (_SIGNED,)),
        **(home.fields() if home else {}),
        Field.HOLDER_NAME: one(sheet, shapes.name, *_SELF, running=True),
        Field.STATEMENT: _statement(sheet),
    }


def judgment(sheet: Sheet) -> Values:
    """Return who has parental authority, and where the children live; only what the operative part says."""
    values: dict[Field, Found | None] = dict(take(sheet, _JUDGMENT))
    operative = _operative(sheet)
    authority = _authority(operative)
    values[Field.AUTHORITY] = authority
    if authority is not None and authority.value != "joint":
        values[Field.HOLDER_NAME] = _named_after(operative, authority)
    values[Field.CHILD_RESIDENCE] = _residence(operative)
    return values


def _statement(sheet: Sheet) -> Found | None:
    run = Run(sheet.words)
    found = run.find(_STATED, "said")
    return Found(found.value[:MAX_STATEMENT], found.words) if found else None


def _operative(sheet: Sheet) -> Run:
    """Return what follows « PAR CES MOTIFS », or everything where that is not found."""
    run = Run(sheet.words)
    at = run.text.find("PAR CES MOTIFS")
    return Run(run.words_in(at, len(run.text))) if at >= 0 else run


def _authority(run: Run) -> Found | None:
    for value, pattern in (("withdrawn", _WITHDRAWN), ("sole", _SOLE), ("joint", _JOINT)):
        match = pattern.search(run.text)
        if match and "AUTORITE PARENTALE" in run.text[max(match.start() - 200, 0) : match.end() + 120]:
            return Found(value, run.group(match))
    return None


def _named_after(run: Run, found: Found) -> Found | None:
    start = run.words.index(found.words[0])
    for match in _OF_WHOM.finditer(Run(run.words[start : start + 40]).text):
        named = shapes.name(Run(run.words[start : start + 40]).group(match, "named"))
        if named is not None:
            return named
    return None


def _residence(run: Run) -> Found | None:
    match = re.search(r"RESIDENCE(?: HABITUELLE)?", run.text)
    if match is None:
        return None
    rest = run.words[len(run.words) - len(run.words_in(match.start(), len(run.text))) :]
    after = Run(rest[:40])
    if alternating := _ALTERNATING.search(after.text):
        return Found("alternating", after.group(alternating))
    named = re.search(r"(?:CHEZ|AU DOMICILE DE|DE) (?P<named>(?:M\.|MME|MADAME|MONSIEUR) .{3,60})", after.text)
    return shapes.name(after.group(named, "named")) if named else None
