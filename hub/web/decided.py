"""Decisions of bodies as a parent reads them: what was decided, from when until when, by whom, and how to contest it."""

from dataclasses import dataclass
from datetime import date

from contracts.calendar import Parity
from contracts.decisions import DecisionKind, RefusalGround, Remedy, RemedyKind
from hub.requests.decided import Decided
from hub.school_files.view import LineView
from hub.web import words


@dataclass(frozen=True, slots=True)
class DecisionCard:
    """One decision in words; ``stands`` is false for what is over, corrected or taken back."""

    title: str
    stands: bool
    sentences: tuple[str, ...]
    remedies: tuple[str, ...]


REFUSED = {
    RefusalGround.INCOMPLETE: "il manque des informations",
    RefusalGround.NOT_ENTITLED: "les conditions ne sont pas remplies",
    RefusalGround.OUT_OF_AREA: "votre domicile est dans un autre secteur",
    RefusalGround.NO_PLACE: "il n'y a plus de place",
    RefusalGround.TOO_LATE: "la demande est arrivée trop tard",
    RefusalGround.OTHER: "la lettre du service dit pourquoi",
}
_WAYS = {
    RemedyKind.GRACIOUS: "Demandez à {before} de revoir sa décision",
    RemedyKind.HIERARCHICAL: "Écrivez à {before}, qui peut changer la décision",
    RemedyKind.MEDIATOR: "Demandez l'aide de {before}",
    RemedyKind.COURT: "Saisissez {before}",
}
_WEEKS = {Parity.EVEN: "paire", Parity.ODD: "impaire"}
_WHOLE = 100


def decision_cards(line: LineView, today: date) -> tuple[DecisionCard, ...]:
    """Return what was decided about a line, the newest first; what is over stays to be read."""
    return tuple(_card(one, line.body_name, today) for one in reversed(line.decisions) if not one.withdraws)


def decided_now(line: LineView, today: date) -> bool:
    """Tell whether a tariff that was decided is in force or still to come: what we propose is then no more said."""
    return any(one.kind is DecisionKind.TARIFF and one.ever and one.last >= today for one in line.decisions)


def _card(one: Decided, body: str, today: date) -> DecisionCard:
    stands = one.ever and one.last >= today
    return DecisionCard(
        title=_title(one),
        stands=stands,
        sentences=tuple(
            filter(None, (_period(one, today), _weeks(one, today) if stands else None, _author(one, body)))
        ),
        remedies=tuple(_way(way) for way in one.remedies) if stands else (),
    )


def _title(one: Decided) -> str:
    if one.kind is DecisionKind.TARIFF:
        return f"Tarif décidé{words.NBSP}: tranche {one.band}"
    if one.kind is DecisionKind.REFUSAL:
        ground = REFUSED[one.refused_for or RefusalGround.OTHER]
        return f"Demande refusée{words.NBSP}: {ground}"
    if one.school is not None:
        return f"Place à l'école{words.NBSP}: {one.school.name} ({one.school.uai})"
    return "Inscription acceptée"


def _period(one: Decided, today: date) -> str:
    if not one.ever:
        return "Cette décision a été remplacée ou retirée. Elle ne compte plus."
    if one.last < today:
        return f"Du {words.day(one.first)} au {words.day(one.last)}. C'est terminé."
    return f"Du {words.day(one.first)} au {words.day(one.last)}."


def _weeks(one: Decided, today: date) -> str | None:
    """Say whose week it is: numbers of weeks are on every calendar, and nobody knows them by heart."""
    if one.parity is Parity.EVERY:
        return f"Votre part{words.NBSP}: {one.share}{words.NBSP}%." if one.share != _WHOLE else None
    yours = one.parity.has(today)
    now = Parity.EVEN if Parity.EVEN.has(today) else Parity.ODD
    turn = "c'est à vous de payer" if yours else "c'est à l'autre parent de payer"
    return f"Pour les semaines {_WEEKS[one.parity]}s. Cette semaine est {_WEEKS[now]}{words.NBSP}: {turn}."


def _author(one: Decided, body: str) -> str:
    service, function = one.author
    return (
        f"Décision n°{words.NBSP}{one.number} du {words.day(one.decided_on)}. "
        f"Auteur{words.NBSP}: {body} ({service}, {function})."
    )


def _way(way: Remedy) -> str:
    within = f"{way.within_months}{words.NBSP}mois"
    return f"{_WAYS[way.kind].format(before=way.before)}, dans les {within} après la lettre du service."
