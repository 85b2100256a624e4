"""compose.yaml holds to its specification and to what we promise: who is given what, and who sees whom."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest
import yaml

from orchestration.machines.shares import SHARES
from orchestration.stack import environment
from orchestration.stack.layout import CODE_ROOT
from tests.machines import composed, image_tree

TOLD = dict.fromkeys(
    ("UNEFOIS_PROFILE", "OBJECTS_ACCESS_KEY", "OBJECTS_SECRET_KEY", "OBJECTS_INNER_KEY", "DOOR_URL", "RELEASE_URL"), "x"
) | {"HUB_PLACES": "{}"}
COMPOSE = composed(TOLD)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
STAND_IN = {"VAULT_MASTER_PUBLIC_KEYSET", "VAULT_MASTER_PRIVATE_KEYSET", "HUB_SMTP_PORT", "HUB_SMTP_TLS"}
"""What the one-machine system tells its processes and production refuses, or takes from a default."""


def test_it_is_what_the_compose_specification_allows():
    # The schema of docker/compose-spec (Apache-2.0), as the package check-jsonschema carries it.
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_may_more_than_they_need(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name not in OURS or (service["user"], service.get("cap_add")) == ("10001:10001", None)
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["restart"] == "no" or "healthcheck" in service or name == "worker"


def test_what_is_named_is_there_and_what_is_there_is_named():
    for kind in ("volumes", "networks", "secrets", "configs"):
        used = set()
        for service in SERVICES.values():
            for one in service.get(kind, []):
                word = one["source"] if isinstance(one, dict) else one.split(":")[0]
                used |= set() if word.startswith(("./", "/")) else {word}
        assert used == set(COMPOSE[kind])
    for config in COMPOSE["configs"].values():
        assert (CODE_ROOT / config["file"]).is_file()


@pytest.mark.parametrize("process", ["door", "release", "worker", "pipelines"])
def test_each_process_is_told_what_it_is_told_on_one_machine(process, running):
    service = SERVICES["dagster-code" if process == "pipelines" else process]
    one_machine = getattr(environment, process)("test", running.places, running.stores)
    rate = {key for key in one_machine if key.endswith("_PER_MINUTE")}
    others = ("HUB_SMS", "HUB_PRINT", "HUB_WEBHOOK", "HUB_ASKS", "HUB_FOLDERS", "HUB_DASHBOARD")
    beside = {key for key in one_machine if key.startswith(others)}
    assert set(one_machine) - rate - beside - STAND_IN <= set(service["environment"])


def test_a_process_is_given_its_own_share_and_token_and_no_others():
    for name, service in OURS.items():
        mounts = {mount.split(":")[0]: mount for mount in service.get("volumes", [])}
        shares = {mount for mount in mounts if mount.startswith(("share-", "originals"))}
        if name == "provision":
            assert shares == {"originals", *(f"share-{share}" for share in SHARES)}
            continue
        assert len(shares) == 1
        assert all(mounts[one].endswith("/run/unefois:ro") for one in shares)
        owner = shares.pop().removeprefix("share-")
        assert {mount for mount in mounts if mount.startswith("token-")} <= {f"token-{owner}"}


def test_dagsters_pages_are_reached_through_the_operators_door_alone():
    seen = {name: set(service.get("networks", [])) for name, service in SERVICES.items()}
    for name in ("release", "worker", "clamav", "openbao"):
        assert not seen[name] & seen["dagster-web"], name
    assert seen["door"] & seen["dagster-web"] == {"desk"}
    assert {name for name in seen if "desk" in seen[name]} == {"door", "dagster-web"}
    assert not SERVICES["dagster-web"].get("ports")
    assert all(COMPOSE["networks"][name]["internal"] for name in ("watch", "desk"))


def test_a_folder_mounted_for_a_secret_is_made_by_the_image_for_its_account():
    (made,) = re.findall(r"install -d -o 10001 -m 0700 ((?:.|\\\n)+?)\n(?!\s)", (CODE_ROOT / "Dockerfile").read_text())
    targets = {mount.split(":")[1] for service in OURS.values() for mount in service.get("volumes", [])}
    assert {target for target in targets if target.startswith(("/shares", "/run/unefois", "/run/token"))} <= set(
        made.replace("\\\n", "").split()
    )


def test_the_image_has_no_sandbox(tmp_path):
    tree = image_tree(tmp_path)
    assert not (tree / "connectors/sandbox").exists()
    assert (tree / "orchestration/worker.py").exists()


def test_files_of_settings_parse():
    for file in (CODE_ROOT / "deploy").rglob("*.yaml"):
        assert list(yaml.safe_load_all(file.read_text(encoding="utf-8"))), file
