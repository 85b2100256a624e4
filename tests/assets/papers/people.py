"""Made-up persons, homes and bodies; the same seed gives the same ones."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_FAMILIES = (
    "Vasseur-Lenoir", "Diallo", "de La Fontaine-Moreau", "Le Goff", "N'Guessan", "Béranger", "Çelik", "Muñoz", "Œuvrard",
    "Tran", "d'Aubigné", "El Amrani", "Lefèvre", "Petitjean", "Haddad", "Kowalczyk", "Saint-Aubin", "Da Conceição",
)  # fmt: skip
_GIRLS = (
    "Inès",
    "Zoé",
    "Anaïs",
    "Marie-Hélène",
    "Fatoumata",
    "Léa",
    "Maëlle",
    "Héloïse",
    "Camille",
    "Aïssata",
    "Solène",
)
_BOYS = (
    "Noël",
    "Jérôme",
    "François",
    "Jean-Baptiste",
    "Ousmane",
    "Loïc",
    "Raphaël",
    "Théo",
    "Anselme",
    "Mathéo",
    "Ilan",
)
_WAYS = (
    "rue des Tilleuls", "avenue de la Belle-Étoile", "boulevard du Général-Lenoir", "quai aux Herbes", "rue de l'Écluse",
    "place du Marché-Couvert", "allée des Érables", "impasse Saint-Éloi", "rue du Four-à-Chaux", "passage des Ormeaux",
)  # fmt: skip
_TOWNS = (
    ("75012", "Paris"), ("75019", "Paris"), ("75003", "Paris"), ("75020", "Paris"), ("75015", "Paris"),
    ("93999", "Val-des-Tilleuls"), ("94998", "L'Orme-sur-Seine"), ("92997", "Saint-Éloi-les-Bois"),
)  # fmt: skip
_ABROAD = ("Dakar (Sénégal)", "Lyon", "Alger (Algérie)", "Val-des-Tilleuls", "Porto (Portugal)", "Brest")


@dataclass(frozen=True)
class Person:
    """A person who does not exist."""

    family: str
    given: str
    born: date
    female: bool
    birthplace: str

    @property
    def civility(self) -> str:
        return "Mme" if self.female else "M."

    @property
    def capital(self) -> str:
        """« Inès VASSEUR-LENOIR »."""
        return f"{self.first} {self.family.upper()}"

    @property
    def first(self) -> str:
        return self.given.split(",", maxsplit=1)[0]

    def e(self, masculine: str, feminine: str) -> str:
        """Return the word that agrees."""
        return feminine if self.female else masculine


@dataclass(frozen=True)
class Home:
    """An address that does not exist."""

    street: str
    postcode: str
    town: str


@dataclass(frozen=True)
class Family:
    """Two parents, their children, their home, the other parent's home and a friend who houses people."""

    mother: Person
    father: Person
    children: tuple[Person, ...]
    home: Home
    other_home: Home
    friend: Person


def family(rng: random.Random) -> Family:
    """Return a family."""
    names = rng.sample(_FAMILIES, 3)
    girls, boys = rng.sample(_GIRLS, 4), rng.sample(_BOYS, 4)
    mother = Person(names[0], girls[0], _born(rng, 1980, 1995), female=True, birthplace=rng.choice(_ABROAD))
    father = Person(names[1], boys[0], _born(rng, 1978, 1994), female=False, birthplace=rng.choice(_ABROAD))
    of = rng.choice((names[0], names[1]))
    children = tuple(
        Person(
            of,
            f"{first}, {second}" if rng.random() < 0.5 else first,
            _born(rng, 2012, 2020),
            female,
            "Val-des-Tilleuls",
        )
        for first, second, female in ((girls[1], girls[3], True), (boys[1], boys[3], False))
    )
    friend = Person(names[2], girls[2], _born(rng, 1955, 1990), female=True, birthplace="Lyon")
    return Family(mother, father, children, _home(rng), _home(rng), friend)


def figures(day: date, separator: str = "/") -> str:
    """« 03/09/2026 »."""
    return day.strftime(f"%d{separator}%m{separator}%Y")


def letters(day: date) -> str:
    """« 3 septembre 2026 », « 1er mars 2026 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def in_words(day: date) -> str:
    """« douze mars deux mille dix-huit »."""
    number = "premier" if day.day == 1 else spelled(day.day)
    year = (
        f"deux mille {spelled(day.year % 100)}".strip()
        if day.year >= 2000
        else f"mil neuf cent {spelled(day.year % 100)}"
    )
    return f"{number} {MONTHS[day.month - 1]} {year}"


def spelled(number: int) -> str:
    """Return a number below a hundred in words; nothing for none."""
    units = ("", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
             "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf")  # fmt: skip
    tens = {
        2: "vingt",
        3: "trente",
        4: "quarante",
        5: "cinquante",
        6: "soixante",
        7: "soixante",
        8: "quatre-vingt",
        9: "quatre-vingt",
    }
    if number < 20:
        return units[number]
    ten, one = divmod(number, 10)
    rest = one + 10 if ten in {7, 9} else one
    if rest in {1, 11} and ten != 8 and ten != 9:
        return f"{tens[ten]} et {units[rest]}"
    return f"{tens[ten]}-{units[rest]}" if rest else tens[ten] + ("s" if ten == 8 else "")


def _born(rng: random.Random, first: int, last: int) -> date:
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


def _home(rng: random.Random) -> Home:
    postcode, town = rng.choice(_TOWNS)
    number = f"{rng.randrange(1, 190)}{rng.choice(('', '', '', ' bis', ' ter'))}"
    return Home(f"{number} {rng.choice(_WAYS)}", postcode, town)
