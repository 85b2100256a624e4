"""What persons are told has a version, and no word of it changes under the same one."""

import hashlib

import pytest

from contracts.identifiers import Siret
from hub.requests.notices import notice_of_authorisation, notice_on_request
from hub.requirements.catalogue import load
from tests.system import CAISSE, FAMILLES

WORDS = {
    "L114-8-I/fr/2": "d80a7f0510b9cf5a",
    "autorisation/fr/1": "30641d2db3ab73f0",
}
"""Digest of our words under each version: whoever changes a text gives it a new version, and writes it down here."""


@pytest.mark.parametrize("make", [notice_on_request, notice_of_authorisation])
def test_the_words_of_a_version_never_change(make):
    notice = make(load(), "canteen_tariff", Siret(CAISSE))
    assert hashlib.sha256(notice.body.encode()).hexdigest()[:16] == WORDS[notice.version]


def test_the_same_words_are_the_same_text_and_others_are_not():
    one = notice_on_request(load(), "canteen_tariff", Siret(CAISSE))
    assert one.text_id == notice_on_request(load(), "canteen_tariff", Siret(CAISSE)).text_id
    assert one.text_id != notice_on_request(load(), "canteen_enrolment", Siret(CAISSE)).text_id


def test_what_another_service_decided_is_named_where_one_rests_on_it():
    told = notice_on_request(load(), "after_school", Siret(FAMILLES)).body
    assert "il nous l'envoie" in told
    assert "décision de tarif de la Caisse des écoles" in told
    assert "il nous l'envoie" not in notice_on_request(load(), "canteen_tariff", Siret(CAISSE)).body
