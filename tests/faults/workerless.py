"""The one-machine system without its worker, for tests that start workers of their own."""

from orchestration.stack import system
from orchestration.stack.layout import Layout
from orchestration.stack.plan import Plan

WORKER = "worker"


def plan(layout: Layout) -> Plan:
    """The plan of the system, its worker left out."""
    whole = system.plan(layout)
    return Plan(whole.prepare, lambda stores: [spec for spec in whole.processes(stores) if spec.name != WORKER])
