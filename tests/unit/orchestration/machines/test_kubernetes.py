"""Runs as jobs of a cluster: what the values file says is what Dagster's launcher takes, and no less closed than compose."""

import re

import pytest
import yaml
from dagster._config import process_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import UserDefinedDagsterK8sConfig

from orchestration.pipelines.instance import _INSTANCE, MODULE
from orchestration.stack.layout import CODE_ROOT

VALUES = yaml.safe_load((CODE_ROOT / "deploy/kubernetes/dagster-values.yaml").read_text(encoding="utf-8"))
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]


def snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", word).lower()


def test_the_launcher_takes_what_the_values_say():
    # As the chart writes it into dagster.yaml: its own names, and what it knows of the instance.
    told = {snake(name): value for name, value in LAUNCHER.items() if name != "runK8sConfig"}
    told["run_k8s_config"] = {snake(name): value for name, value in LAUNCHER["runK8sConfig"].items()}
    told |= {"service_account_name": "dagster", "instance_config_map": "dagster-instance", "dagster_home": "/opt"}
    told["postgres_password_secret"] = VALUES["global"]["postgresqlSecretName"]
    done = process_config(K8sRunLauncher.config_type(), told)
    assert done.success, done.errors
    assert UserDefinedDagsterK8sConfig.from_dict(told["run_k8s_config"]).job_spec_config


def test_runs_are_as_closed_as_the_services_of_compose():
    for one in (LAUNCHER, CODE):
        closed = one["securityContext"]
        assert (closed["runAsUser"], closed["readOnlyRootFilesystem"]) == (10001, True)
        assert closed["capabilities"] == {"drop": ["ALL"]}
    assert CODE["dagsterApiGrpcArgs"][:2] == ["-m", MODULE]


@pytest.mark.parametrize(
    "ours",
    [
        ("run_coordinator", "config", "dequeue_interval_seconds"),
        ("concurrency", "runs", "tag_concurrency_limits"),
    ],
)
def test_what_one_machine_limits_a_cluster_limits_too(ours):
    found = yaml.safe_load(_INSTANCE)
    for name in ours:
        found = found[name]
    queue = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    assert {snake(name): value for name, value in queue.items()}[ours[-1]] == found
    assert VALUES["computeLogManager"]["type"] == "NoOpComputeLogManager"
    assert not VALUES["telemetry"]["enabled"]
