"""The sandbox's agents: whoever has a role can sign in, and the City's console has two operators and one who only looks."""

import tomllib
from collections import Counter
from pathlib import Path

import connectors.sandbox.personas
from hub.persons.agents import Role
from orchestration.stack.provision import AGENTS

CITY = "21750001600019"
ROLES = tomllib.loads(AGENTS.read_text(encoding="utf-8"))["agents"]
PERSONAS = tomllib.loads(Path(connectors.sandbox.personas.__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def test_whoever_has_a_role_can_sign_in():
    known = {(one["email"], one.get("siret")) for one in PERSONAS["persona"]}
    assert {(one["email"], one["siret"]) for one in ROLES} <= known


def test_the_console_has_two_operators_and_somebody_who_only_looks():
    city = Counter(one["role"] for one in ROLES if one["body"] == CITY)
    assert (city[Role.OPERATOR], city[Role.VIEWER]) == (2, 1)
    (viewer,) = (one["email"] for one in ROLES if one["role"] == Role.VIEWER)
    assert [one["role"] for one in ROLES if one["email"] == viewer] == [Role.VIEWER]
