"""A body shown without what it says of anybody: whatever it is, no value leaves that the manifest does not name."""

import json

from hypothesis import given
from hypothesis import strategies as st

from connectors.port import manifests
from connectors.redacting import redacted, shown_headers

LEAVES = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
BODIES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(BODIES)
def test_of_json_no_text_and_no_number_is_left(body):
    shown = redacted(json.dumps(body).encode(), ())

    def masked(one: object) -> bool:
        if isinstance(one, dict):
            return all(masked(value) for value in one.values())
        if isinstance(one, list):
            return all(masked(value) for value in one)
        return one is None or isinstance(one, bool) or str(one).startswith("‹ ")

    assert masked(json.loads(shown))


@given(st.binary())
def test_of_any_bytes_something_is_said_and_nothing_raised(body):
    assert isinstance(redacted(body, ("code",)), str)


def test_only_what_a_manifest_names_is_read():
    body = (
        b'<?xml version="1.0"?><r nom="KERJEAN"><code at="KERJEAN">E12</code>KERJEAN<nom>KERJEAN</nom><?p KERJEAN?></r>'
    )
    shown = redacted(body, ("code",))
    assert "E12" in shown
    assert "KERJEAN" not in shown
    assert json.loads(redacted(b'{"code": "E12", "KERJEAN Ma\\u00eblle": {"code": ["x"]}}', ("code",)))["code"] == "E12"
    assert "KERJEAN" not in redacted(b'{"KERJEAN Ma\\u00eblle": 1}', ("code",))
    assert shown_headers([("Date", "now"), ("x-name", "KERJEAN")])[1] == ("x-name", "‹ 7 caractères ›")


def test_no_manifest_shows_a_name_or_a_date_of_birth():
    told = {word for one in manifests().values() for word in one.shown}
    assert not told & {"nom", "prenom", "naissance", "family_name", "first_name", "birthdate", "message", "texte"}
