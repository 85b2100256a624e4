"""The operator judges again after a change of the catalogue: on a running system, with the worker's rights."""

import json

from orchestration.catalogue import as_json, in_words, judge_again
from tests.journeys.doors import family, rows
from tests.system import CAISSE


def test_open_files_are_judged_again_once_and_the_report_names_nobody(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    layout = running.running.layout
    rows(running, "DELETE FROM hub.reevaluation")
    dry = judge_again(layout, dry_run=True)
    assert rows(running, "SELECT 1 FROM hub.reevaluation") == []
    done = judge_again(layout, dry_run=False)
    told = json.loads(as_json(done))
    assert (told["finished"], told["dry_run"], told["before"]) == (True, False, None)
    assert "canteen_enrolment/child_identity" in told["touched"]
    assert done.files >= 1
    assert dry.files >= 1
    assert parent.family_name.upper() not in as_json(done).upper()
    assert "nothing changed" in in_words(judge_again(layout, dry_run=False))
    assert parent.requirement("canteen_enrolment", "child_identity")["state"] == "satisfied"
