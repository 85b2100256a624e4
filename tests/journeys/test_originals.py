"""The original where a rule asks for it and the agreement allows it; the rebuilt, marked copy everywhere else."""

import hashlib

from tests.journeys.doors import Partner, coined, person_id, rows, value
from tests.journeys.test_answers import opened
from tests.journeys.test_receipts import LINE, same_site
from tests.system import MAIRIE, Resident, eventually

JUDGMENT = ("school_enrolment", "parental_authority")
AS_IF_AGENTS_HAD_READ_IT = """
    WITH turned AS (UPDATE hub.evidence SET evidence_type = 'custody_judgment' WHERE holder_id = %(p)s RETURNING evidence_id),
        judged AS (UPDATE hub.fit SET requirement = 'parental_authority' WHERE evidence_id IN (SELECT evidence_id FROM turned)
                   AND requirement = 'child_identity' RETURNING fit_id)
    UPDATE hub.satisfaction SET requirement = 'parental_authority' WHERE fit_id IN (SELECT fit_id FROM judged)"""
"""Two agents and a judgment on paper are tried elsewhere; here only what leaves is looked at."""
ALLOWED = "UPDATE hub.agreement SET originals = %(kinds)s WHERE reference = 'MAI13-2026-01' AND retracted_at IS NULL"


def test_the_original_leaves_where_a_rule_asks_for_it_and_the_agreement_allows_it(running):
    parent = Resident(running)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    paper = running.papers().birth_certificate(parent, child)
    document = parent.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")["document"]
    known = eventually(lambda: parent.http.get("/v1/children").json())[0]["child"]
    parent.request(known, "school_enrolment", MAIRIE)
    parent.satisfied("school_enrolment", "child_identity")
    rows(running, AS_IF_AGENTS_HAD_READ_IT, p=person_id(parent))
    mairie, subject = Partner(running, "mairie-13"), coined(parent, MAIRIE, "school_enrolment")

    rows(running, ALLOWED, kinds=[])
    try:
        asked = mairie.ask(subject, *JUDGMENT, wants="documents")
        (copy,) = asked.json()["evidence"]
        assert copy["form"] == "copy"
        assert mairie.fetch(copy["href"]).content != paper
    finally:
        rows(running, ALLOWED, kinds=["custody_judgment"])

    asked = mairie.ask(subject, *JUDGMENT, wants="documents")
    (offered,) = asked.json()["evidence"]
    assert (offered["form"], offered["media_type"]) == ("original", "application/pdf")
    line = value(running, LINE, who=person_id(parent), service="school_enrolment")
    foreseen = parent.http.post(f"/dossiers/{line}/copie", data={"document": document}, headers=same_site(running))
    assert foreseen.content == paper
    assert foreseen.headers["content-disposition"] == "attachment"
    assert opened(asked, mairie)["documents"][0]["form"] == "original"
    given = mairie.fetch(offered["href"])
    assert hashlib.sha256(given.content).digest() == hashlib.sha256(paper).digest()
    said = [line["what"] for line in parent.trace()]
    assert any("l'original d'un document" in one for one in said)
    receipt = f"/hub/v1/releases/{given.headers['release-receipt']}/receipt"
    found = eventually(
        lambda: (r := mairie.http.get(receipt, auth=mairie.proving(mairie.token()))).status_code == 200 and r
    )
    assert found.json()["form"] == "original"
