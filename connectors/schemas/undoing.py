"""Undo declared deviations on a copy of a message, so that what is left can be validated whole.

libxml2 stops looking at the children of an element at the first that does not belong there: forgiving its errors one by
one would let undeclared breaches through behind a declared one.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree

from connectors.errors import ManifestInvalid
from connectors.schemas.declared import Deviation, Rule

_Place = Any
"""An element, or a string of lxml's that knows whose attribute it is."""


def places(root: etree._Element, deviation: Deviation) -> list[_Place]:
    """Return the elements and attributes of the document that ``deviation`` is about."""
    found = root.getroottree().xpath(deviation.xpath, namespaces=dict(deviation.namespaces))
    if not isinstance(found, list):
        return []
    return [place for place in found if etree.iselement(place) or getattr(place, "is_attribute", False)]


def require_sound(deviation: Deviation) -> None:
    """Make sure that ``deviation`` can be looked for and undone.

    Raises:
        ManifestInvalid: its path is no XPath 1.0, it uses a prefix that stands for nothing, or its
            stand-in is no text of XML.
    """
    try:
        trial = etree.Element("a")
        trial.text = deviation.stand_in
        places(trial, deviation)
        for name in (deviation.name.removeprefix("@"), deviation.before, *deviation.order):
            etree.QName(deviation.clark(name)) if name else None
    except (etree.XPathError, KeyError, ValueError) as error:
        raise ManifestInvalid(f"deviation {deviation.id}: {type(error).__name__}") from None


def undo(root: etree._Element, deviation: Deviation) -> bool:
    """Undo ``deviation`` wherever it is found below ``root``; return whether there was anything to undo."""
    how = _WAYS[deviation.rule]
    return sum(how(place, deviation) for place in places(root, deviation)) > 0


def _remove(place: _Place, _: Deviation) -> bool:
    parent = place.getparent()
    if parent is None:
        return False
    if etree.iselement(place):
        parent.remove(place)
    else:
        del parent.attrib[place.attrname]
    return True


def _rename(place: _Place, deviation: Deviation) -> bool:
    name = deviation.clark(deviation.name)
    if etree.iselement(place):
        place.tag = name
    else:
        place.getparent().set(name, place.getparent().attrib.pop(place.attrname))
    return True


def _complete(place: _Place, deviation: Deviation) -> bool:
    if not etree.iselement(place):
        return False
    name = deviation.clark(deviation.name.removeprefix("@"))
    if deviation.name.startswith("@"):
        absent = place.get(name) is None
        place.set(name, place.get(name, deviation.stand_in))
        return absent
    if place.find(name) is not None:
        return False
    child = etree.Element(name)
    child.text = deviation.stand_in
    follower = place.find(deviation.clark(deviation.before)) if deviation.before else None
    place.insert(len(place) if follower is None else place.index(follower), child)
    return True


def _sort(place: _Place, deviation: Deviation) -> bool:
    if not etree.iselement(place):
        return False
    order = {deviation.clark(name): number for number, name in enumerate(deviation.order)}
    before = list(place)
    place[:] = sorted(before, key=lambda child: order.get(str(child.tag), len(order)))
    return list(place) != before


def _replace(place: _Place, deviation: Deviation) -> bool:
    if not etree.iselement(place):
        place.getparent().set(place.attrname, deviation.stand_in)
    elif len(place):
        return False
    else:
        place.text = deviation.stand_in
    return True


_WAYS: dict[Rule, Callable[[_Place, Deviation], bool]] = {
    Rule.UNEXPECTED: _remove,
    Rule.RENAMED: _rename,
    Rule.MISSING: _complete,
    Rule.REORDERED: _sort,
    Rule.VALUE: _replace,
}
