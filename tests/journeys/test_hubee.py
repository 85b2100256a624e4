"""Parents who send their quotient from the State's form: it comes through HubEE into their file, and they are told how it stands."""

import signal
import subprocess
import sys
from datetime import datetime

import httpx
import pytest

from contracts.calendar import PARIS
from orchestration.stack import environment
from orchestration.stack.layout import CODE_ROOT
from orchestration.stack.parts import minimal_environment
from tests.journeys.doors import family, person_id, rows
from tests.system import CAISSE, eventually

STRANGE = 60


@pytest.fixture(scope="module")
def receiving(running):
    """One more worker of the system, which looks into HubEE's queue each second."""
    told = environment.worker("test", running.places, running.stores) | {"HUB_FOLDERS_EVERY_S": "1"}
    env = {**minimal_environment(running.places.layout), "PYTHONPATH": str(CODE_ROOT), **told}
    with running.places.layout.log("hubee-worker").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "worker"], env=env, stdout=log, stderr=log
        )
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def send(system, parent, flaw=""):
    """What FormulaireQF does once its parent has agreed; return the case."""
    today = datetime.now(PARIS).date()
    (child,) = parent.children
    order = {
        "siret": CAISSE,
        "pivot": {
            "family_name": parent.family_name.upper(),
            "given_name": parent.given_name,
            "birthdate": "1988-04-17",
            "gender": "female",
            "birthplace": "75113",
            "birthcountry": "99100",
        },
        "value": 742,
        "year": today.year,
        "month": today.month,
        "children": [
            {
                "family_name": child.family_name,
                "given_names": child.first_names,
                "birthdate": str(child.born_on),
            }
        ],
        "flaw": flaw,
    }
    answer = httpx.post(f"{system.sandbox_url}/sandbox/hubee/folders", json=order, timeout=10)
    assert answer.status_code == 201, answer.text
    return answer.json()["case"]


def shown(system):
    """How HubEE itself sees its cases."""
    return httpx.get(f"{system.sandbox_url}/sandbox/hubee", timeout=10).json()


def test_a_quotient_sent_from_the_states_form_stands_in_the_file_and_its_sender_is_told(running, receiving):
    parent, child = family(running)
    assert parent.request(child, "canteen_tariff", CAISSE).status_code == 201
    strange = {"count": STRANGE, "process": "CERTDC", "unfiltered": True, "broken": False}
    httpx.post(f"{running.sandbox_url}/sandbox/hubee/strange", json=strange, timeout=10).raise_for_status()
    spoilt, whole = send(running, parent, "digest"), send(running, parent)
    found = parent.satisfied("canteen_tariff", "household_income")
    assert (found["grade"], found["by"]) == ("source_pulled", "Quotient familial (CAF ou MSA)")
    eventually(lambda: shown(running)["cases"] == {whole: "DONE", spoilt: "SI_INTG_ERROR"})
    # What is not ours lies where it lay and was in nobody's way; each sender was told once.
    seen = eventually(lambda: (found := shown(running))["queue"] == STRANGE and found)
    assert set(seen["effects"].values()) == {1}
    kept = "SELECT usable_by, usable_for FROM hub.evidence WHERE holder_id = %(who)s AND kind = 'pulled'"
    assert rows(running, kept, who=person_id(parent)) == [{"usable_by": CAISSE, "usable_for": "canteen_tariff"}]


def test_the_family_sees_what_came_for_it_and_from_where(running, receiving):
    parent, child = family(running)
    parent.request(child, "canteen_tariff", CAISSE)
    send(running, parent)
    parent.satisfied("canteen_tariff", "household_income")
    papers = eventually(lambda: all_read(parent.http.get("/v1/documents").json()))
    # The figure as the source gives it, and its certificate, which the parent may open or erase like any of theirs.
    assert [one["evidence_type"] for one in papers] == ["quotient_familial", "quotient_familial", "birth_certificate"]
    assert "Donnée obtenue pour vous : Quotient familial (CAF ou MSA)" in {one["what"] for one in parent.trace()}


def all_read(papers):
    return papers if all(one["state"] != "received" for one in papers) else None
