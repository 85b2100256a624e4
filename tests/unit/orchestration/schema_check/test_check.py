"""A folder of schemas is gathered within limits, compiled where nothing can be reached, and reported as one object."""

import json
import os
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from connectors.schemas.catalogue import Catalogue
from connectors.schemas.checking import fault_of
from orchestration.cli import app
from orchestration.schema_check import asking, child, gathering
from orchestration.schema_check.asking import check
from orchestration.schema_check.gathering import gather
from orchestration.stack.layout import CODE_ROOT
from tests.assets.vendor_schemas import BROKEN, DEAD, TYPES, USABLE, holding, in_bytes, including, using, wsdl

MANY = {
    f"{number:02}": files
    for number, files in enumerate([*USABLE.values(), *(files for files, _, _ in BROKEN.values())])
}


def lay(folder, files):
    for path, data in in_bytes(files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def run(*words):
    return CliRunner().invoke(app, ["schema", "check", *map(str, words)])


def test_the_child_that_reaches_nothing_answers_like_anybody(tmp_path):
    for number, files in MANY.items():
        lay(tmp_path / number, files)
    catalogue = Catalogue(gather(tmp_path).files)
    faults = check(tmp_path).faults
    assert faults == {path: fault_of(catalogue, path) for path in faults}
    assert len(faults) > len(MANY)
    assert not any("cannot be checked" in fault for fault in faults.values())


def test_one_object_is_printed_and_nothing_else(tmp_path):
    lay(
        tmp_path,
        {"common/types.xsd": TYPES, "in/a.XSD": using(DEAD + "types.xsd"), "w/a.wsdl": wsdl(DEAD + "types.xsd")},
    )
    done = run(tmp_path, "--json")
    assert json.loads(done.stdout) == {"xsd": {"ok": 2, "failed": {}}, "wsdl": {"ok": 1, "failed": {}}}
    assert done.stdout.count("\n") == 1
    assert done.exit_code == 0


def test_what_failed_is_named_and_the_others_are_checked_all_the_same(tmp_path):
    lay(tmp_path, {"b.xsd": b"", "a.xsd": TYPES, "deep/c.xsd": using("gone.xsd"), "d.wsdl": "<a/>"})
    done = run(tmp_path, "--json")
    said = json.loads(done.stdout)
    assert (said["xsd"]["ok"], list(said["xsd"]["failed"])) == (1, ["b.xsd", "deep/c.xsd"])
    assert (said["wsdl"]["ok"], list(said["wsdl"]["failed"])) == (0, ["d.wsdl"])
    assert done.exit_code == 1


def test_the_table_says_the_same(tmp_path):
    lay(tmp_path, {"a.xsd": TYPES, "b.xsd": holding('<xs:element type="xs:int"/>')})
    done = run(tmp_path)
    assert "xsd        1      1" in done.stdout
    assert "b.xsd\n  line 2: " in done.stdout
    assert done.exit_code == 1


def test_a_folder_without_schemas_holds_and_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    assert "no schema lies here" in run(tmp_path).stdout
    assert run(tmp_path, "--json").exit_code == 0


def test_a_folder_that_cannot_be_listed_is_no_folder_without_faults(tmp_path, monkeypatch):
    def refused(_, *, onerror):
        onerror(PermissionError(13, "Permission denied", "deep\n"))
        yield from ()

    monkeypatch.setattr(gathering.os, "walk", refused)
    done = run(tmp_path, "--json")
    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize("words", [["gone"], ["--json"], ["gone", "--json"], [__file__]])
def test_bad_usage_is_two(words):
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_links_out_of_the_folder_are_refused_and_links_within_are_read(tmp_path):
    outside, inside = lay(tmp_path / "outside", {"types.xsd": TYPES}), lay(tmp_path / "in", {"a.xsd": TYPES})
    (inside / "b.xsd").symlink_to(outside / "types.xsd")
    (inside / "c.xsd").symlink_to("a.xsd")
    (inside / "round").symlink_to(inside)
    (inside / "d.xsd").symlink_to("d.xsd")
    (inside / "e.xsd").symlink_to("gone.xsd")
    gathered = gather(inside)
    assert sorted(gathered.files) == ["a.xsd", "c.xsd"]
    assert gathered.refused["b.xsd"] == "is a link that leads out of the folder"
    assert gathered.refused.keys() == {"b.xsd", "d.xsd", "e.xsd"}


def test_what_is_no_file_or_too_large_is_refused_unread(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.xsd")
    (tmp_path / "folder.xsd").mkdir()
    with (tmp_path / "vast.xsd").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    monkeypatch.setattr(gathering, "_FOLDER_BYTES", len(TYPES) + 1)
    lay(tmp_path, {"a.xsd": TYPES, "b.xsd": TYPES})
    gathered = gather(tmp_path)
    assert list(gathered.files) == ["a.xsd"]
    assert gathered.refused["pipe.xsd"] == "is not a regular file"
    assert gathered.refused["vast.xsd"].startswith("is larger than any schema we read: 104857600 bytes")
    assert gathered.refused["b.xsd"].startswith("is over what one folder may hold")


def test_names_of_any_kind_come_out_as_json(tmp_path):
    lay(tmp_path, {"é à.xsd": TYPES})
    (tmp_path / os.fsdecode(b"\xff\n.xsd")).write_text(TYPES)
    assert json.loads(run(tmp_path, "--json").stdout)["xsd"]["ok"] == 2


def test_other_files_are_there_to_be_imported_and_are_not_checked(tmp_path):
    lay(tmp_path, {"types.xml": TYPES, "broken.xml": b"<", "a.xsd": using(DEAD + "types.xml")})
    assert check(tmp_path).faults == {"a.xsd": ""}


def probing(words):
    code = f"import os\nfrom orchestration.schema_check import child\nchild._warm()\nchild.confine(child.LIMITS, parent=os.getppid())\n{words}"
    return subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=CODE_ROOT, env={}, capture_output=True, timeout=120
    )


@pytest.mark.parametrize(
    "words",
    [
        "import socket; socket.socket()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "open('/etc/hostname')",
        "import os; os.fork()",
        "import os; os.execv('/bin/true', ['true'])",
        "from lxml import etree; etree.parse('/etc/hostname')",
    ],
)
def test_the_child_reaches_nothing(words):
    done = probing(words)
    assert done.returncode == 1
    assert b"Error" in done.stderr
    assert probing("print('alive')").stdout == b"alive\n"


def test_no_connection_is_tried_however_much_a_schema_asks(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        there = f"http://127.0.0.1:{server.getsockname()[1]}/types.xsd"
        lay(tmp_path, {"a.xsd": using(there), "b.xsd": including(there), "c.wsdl": wsdl(there)})
        assert len([fault for fault in check(tmp_path).faults.values() if "not in the folder" in fault]) == 3
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_machine_that_leaves_the_network_open_checks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "__name__", "tests.unit.orchestration.schema_check.unconfined")
    lay(tmp_path, {"a.xsd": TYPES})
    (fault,) = check(tmp_path).faults.values()
    assert fault.startswith("not checked: this machine does not let a process be cut off")


def test_a_checker_that_does_not_start_checks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "__name__", "tests.there_is_no_such_module")
    lay(tmp_path, {"a.xsd": TYPES})
    assert list(check(tmp_path).faults.values()) == ["not checked: the checker did not start"]


@pytest.mark.parametrize(
    ("how", "said"), [("spin", "takes over 1 s of processor"), ("die", "broke the checker (SIGSEGV)")]
)
def test_a_file_that_ends_the_child_is_named_and_the_others_are_checked(tmp_path, monkeypatch, how, said):
    monkeypatch.setattr(child, "__name__", "tests.unit.orchestration.schema_check.troubled")
    monkeypatch.setattr(child, "PROCESSOR_SECONDS", 1)
    lay(tmp_path, {"a.xsd": TYPES, f"b-{how}.xsd": TYPES, "c.xsd": TYPES})
    assert check(tmp_path).faults == {"a.xsd": "", f"b-{how}.xsd": said, "c.xsd": ""}


def test_a_child_that_says_nothing_is_late_and_is_stopped():
    silent = [sys.executable, "-c", "import time; time.sleep(3600)"]
    with subprocess.Popen(silent, stdout=subprocess.PIPE) as process:
        lines = asking._Lines(process)
        assert lines.next(0.01) is None
        assert lines.late
        assert asking._end(lines.ended()) == "takes over 60 s"
    assert process.returncode < 0


def test_a_folder_that_breaks_the_child_over_and_over_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "__name__", "tests.unit.orchestration.schema_check.troubled")
    monkeypatch.setattr(asking, "_BROKEN_AT_MOST", 1)
    lay(tmp_path, {"a-die.xsd": TYPES, "b.xsd": TYPES})
    faults = check(tmp_path).faults
    assert faults["a-die.xsd"].startswith("broke the checker")
    assert faults["b.xsd"].startswith("not checked: ")
