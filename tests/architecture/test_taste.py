"""Size, names and docstrings: the budget every module keeps to."""

import ast

import pytest

from orchestration.stack.layout import CODE_ROOT
from tests.architecture.source import MODULES, PACKAGES, Module

MODULE_LINES, FUNCTION_LINES, POSITIONAL = 400, 50, 5
POSITIONAL_EXEMPT = {
    "orchestration.cli": "Typer makes options of parameters",
    "orchestration.agent_commands": "the same",
    "orchestration.partner_commands": "the same",
    "hub.api.partners": "FastAPI makes parameters of a form",
}
POSITIONAL_ALLOWED = {
    "hub.releases.gate._entry",  # each is one column of one row, named alike at its one or two callers
}
FORBIDDEN = {"utils", "util", "common", "manager", "service", "helpers", "helper", "misc", "base", "core"}
NAMES = [module.name for module in MODULES]
BY_NAME = {module.name: module for module in MODULES}


def functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_module_is_over_its_budget():
    long = {m.name: m.text.count("\n") for m in MODULES if m.text.count("\n") > MODULE_LINES}
    assert long == {}


def test_no_function_is_over_its_budget():
    long = {
        f"{module.name}.{one.name}": one.end_lineno - one.lineno + 1
        for module in MODULES
        for one in functions(module)
        if one.end_lineno - one.lineno + 1 > FUNCTION_LINES
    }
    assert long == {}


def test_no_function_takes_more_than_a_handful_by_position():
    many = {
        f"{module.name}.{one.name}"
        for module in MODULES
        if module.name not in POSITIONAL_EXEMPT and not module.name.startswith(("hub.web", "hub.api"))
        for one in functions(module)
        if len([a for a in one.args.args if a.arg not in ("self", "cls")]) > POSITIONAL
    }
    assert many == POSITIONAL_ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_every_module_opens_with_a_sentence(name):
    said = ast.get_docstring(BY_NAME[name].tree)
    assert said
    first = said.split("\n\n")[0].strip()
    assert first.endswith((".", ":", "?", "``"))


def test_every_folder_with_python_is_a_package():
    folders = {module.path.parent for module in MODULES}
    without = {str(f.relative_to(CODE_ROOT)) for f in folders if not (f / "__init__.py").exists()}
    # Alembic loads its revisions by path.
    assert without <= {"hub/schema/versions", "vault/schema/versions"}


def test_no_module_has_a_name_that_says_nothing():
    assert [name for name in NAMES if FORBIDDEN & set(name.split("."))] == []


def test_no_file_names_a_path_of_somebodys_machine_or_an_index():
    wrong = ("/" + "work/", "/home" + "/", "pypi" + ".org", "files.python" + "hosted")
    found = [
        str(path.relative_to(CODE_ROOT))
        for package in (*PACKAGES, "tests", "requirements")
        for path in (CODE_ROOT / package).rglob("*")
        if path.suffix in (".py", ".toml", ".md", ".txt", ".sql", ".json")
        and any(word in path.read_text(encoding="utf-8") for word in wrong)
    ]
    assert found == []


def test_the_frameworks_stay_in_their_rooms():
    fastapi = {m.name for m in MODULES if m.reaches("fastapi")}
    rooms = ("hub.api", "hub.web", "hub.app", "connectors.sandbox")
    assert {name for name in fastapi if not name.startswith(rooms)} == set()
    dagster = {m.name for m in MODULES if m.reaches("dagster")}
    assert {name for name in dagster if not name.startswith("orchestration.pipelines")} == set()


def test_no_moment_is_naive():
    calls = ("utcnow", "utcfromtimestamp")
    assert [m.name for m in MODULES if any(m.uses(call) for call in calls)] == []


def test_xml_of_strangers_is_parsed_in_one_place():
    # The catalogue and the compiler read again what the catalogue wrote; the trust list is the vault's.
    again = {"connectors.schemas.catalogue", "connectors.schemas.compiling", "vault.seals.signed_list"}
    ways = ("fromstring", "XMLParser", "iterparse", "XMLPullParser", "HTMLParser")
    parsing = {m.name for m in MODULES if m.reaches("lxml") and any(m.uses(way) for way in ways)}
    assert parsing == {"connectors.schemas.parsing"} | again
    assert [m.name for m in MODULES if m.uses("xinclude") or m.reaches("xml")] == []
