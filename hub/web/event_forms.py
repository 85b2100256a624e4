"""What a family writes of a life event, kept as written so that it can be shown again, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.calendar import Parity, paris_day
from hub.persons.family import Child
from hub.requests.life_events import Event, Newborn, Part, within_reach
from hub.web.forms import NAME_MAX, FieldError, written_day
from hub.web.views import Option, child_name

NEWBORNS = 3
"""How many children born together one form takes."""
SHARE = "share"
WEEKS = {
    "": "Rien ne change pour cet enfant",
    Parity.EVEN.value: "Je paie les semaines paires",
    Parity.ODD.value: "Je paie les semaines impaires",
    Parity.EVERY.value: "Je paie toutes les semaines",
    SHARE: "Je paie une part du prix, toute l'année",
}
"""What a separated parent may say of each child."""
_PAST_ONLY = (Event.BIRTH, Event.DEATH)
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class NewbornFields:
    """One child of a birth, as written; ``number`` counts from 1."""

    number: int
    family_name: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The given names, one by one."""
        return tuple(self.given_names.replace(",", " ").split())

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return not (self.family_name or self.given_names)

    def errors(self) -> tuple[FieldError, ...]:
        """Return what is missing; only the first child has to be written."""
        if self.empty and self.number > 1:
            return ()
        found = []
        if not 0 < len(self.family_name) <= NAME_MAX:
            found.append(FieldError(f"family_name_{self.number}", "Écrivez le nom de famille de l'enfant."))
        if not self.names or len(self.given_names) > NAME_MAX:
            found.append(FieldError(f"given_names_{self.number}", "Écrivez le ou les prénoms de l'enfant."))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ChildFields:
    """What was written about one child one has: a tick, or the part one pays."""

    child: Child = field(repr=False)
    ticked: bool = False
    weeks: str = ""
    share: str = ""

    @property
    def value(self) -> str:
        """The child's number, as the form carries it."""
        return str(self.child.child_id)

    @property
    def label(self) -> str:
        """The child's name."""
        return child_name(self.child)

    @property
    def choices(self) -> tuple[Option, ...]:
        """What may be said of the part one pays."""
        return tuple(Option(value, label, value == self.weeks) for value, label in WEEKS.items())

    @property
    def percent(self) -> int | None:
        """The share written, where it is one."""
        written = self.share.removesuffix("%").strip()
        percent = int(written) if written.isascii() and written.isdigit() and len(written) <= len(str(_WHOLE)) else 0
        return percent if 1 <= percent <= _WHOLE else None

    @property
    def part(self) -> Part | None:
        """The part one pays from now on, or nothing where it stays or cannot be read."""
        if self.weeks == SHARE:
            return None if self.percent is None else Part(Parity.EVERY, self.percent)
        return Part(Parity(self.weeks)) if self.weeks in set(Parity) else None


@dataclass(frozen=True, slots=True)
class EventForm:
    """One declaration: the day, who it is about, and the two boxes."""

    event: Event
    day: str
    month: str
    year: str
    newborns: tuple[NewbornFields, ...]
    children: tuple[ChildFields, ...]
    sworn: bool
    reuse: bool

    @classmethod
    def of(cls, event: Event, children: list[Child], fields: Mapping[str, str]) -> "EventForm":
        """Read a form, or an empty one; of a child who is not among ``children`` nothing is read."""

        def said(name: str) -> str:
            return fields.get(name, "")

        return cls(
            event=event,
            day=said("day"),
            month=said("month"),
            year=said("year"),
            newborns=tuple(
                NewbornFields(number, said(f"family_name_{number}"), said(f"given_names_{number}"))
                for number in range(1, NEWBORNS + 1)
            ),
            children=tuple(
                ChildFields(
                    child,
                    ticked=said(f"child_{child.child_id}") == "oui",
                    weeks=said(f"weeks_{child.child_id}"),
                    share=said(f"share_{child.child_id}"),
                )
                for child in children
            ),
            sworn=said("accuracy_sworn") == "oui",
            reuse=said("reuse_authorised") == "oui",
        )

    @property
    def more_newborns(self) -> bool:
        """Whether more than one child was written, so that the others are not folded away."""
        return any(not one.empty for one in self.newborns[1:])

    def on(self) -> date | None:
        """Return the day of the event, or nothing where the three fields are no date."""
        return written_day(self.day, self.month, self.year)

    def born(self) -> tuple[Newborn, ...]:
        """Return the children of a birth."""
        return tuple(Newborn(one.family_name, one.names) for one in self.newborns if not one.empty)

    def errors(self, *, now: datetime) -> tuple[FieldError, ...]:
        """Return what the form lacks, in the order of the page."""
        found = list(self._day_errors(now))
        if self.event is Event.BIRTH:
            found.extend(error for one in self.newborns for error in one.errors())
        elif self.event is Event.SEPARATION:
            found.extend(self._part_errors())
        elif self.event is Event.DEATH and not any(one.ticked for one in self.children):
            found.append(FieldError("children", "Cochez au moins un enfant."))
        if not self.sworn:
            found.append(FieldError("accuracy_sworn", "Cochez cette case pour pouvoir envoyer votre déclaration."))
        return tuple(found)

    def _day_errors(self, now: datetime) -> tuple[FieldError, ...]:
        on = self.on()
        if on is None:
            return (FieldError("day", "Écrivez la date en chiffres, par exemple 1 3 2027."),)
        if on > paris_day(now) and self.event in _PAST_ONLY:
            return (FieldError("day", "Cette date ne peut pas être dans le futur."),)
        if not within_reach(on, now=now):
            return (FieldError("day", TOO_FAR),)
        return ()

    def _part_errors(self) -> tuple[FieldError, ...]:
        wrong = tuple(
            FieldError(f"share_{one.value}", "Écrivez votre part en pour cent, de 1 à 100, par exemple 50.")
            for one in self.children
            if one.weeks == SHARE and one.percent is None
        )
        if wrong or any(one.part is not None for one in self.children):
            return wrong
        return (FieldError("children", "Dites ce que vous payez, pour au moins un enfant."),)


TOO_FAR = "Cette date est trop loin : plus d'un an avant ou après aujourd'hui."
"""What is said beside a date beyond :func:`~hub.requests.life_events.within_reach`."""
