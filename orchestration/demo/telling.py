"""Tell the story on a terminal: each step with its time; the last line is one JSON object where asked."""

import json
import time
from dataclasses import dataclass, field

import httpx

from orchestration.demo.figures import event_to_notification_ms
from orchestration.demo.people import StoryBroken
from orchestration.demo.story import Story
from orchestration.stack import lock, stack
from orchestration.stack.errors import StackError
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places

START_TIMEOUT = 120.0
FAULTS = (StoryBroken, StackError, httpx.HTTPError, OSError, KeyError, ValueError, RuntimeError)
"""What can go wrong in a step; anything else is a fault of the story itself and shows as one."""


@dataclass
class _Told:
    begun: float = field(default_factory=time.monotonic)
    steps: list[dict[str, object]] = field(default_factory=list)

    def total(self) -> float:
        return round(time.monotonic() - self.begun, 2)


def tell(layout: Layout, *, once: bool) -> int:
    """Start the system, play the journey, and leave the system up unless ``once``; return an exit status."""
    told = _Told()
    print("Une Fois: « dites-le une fois ». A family hands in each paper once; every service that needs it has it.\n")
    already = lock.is_held(layout)
    failed = ""
    try:
        places, start = _start(layout, told, already=already)
        failed = _play(Story(places), told, start_s=start)
    except FAULTS as error:
        failed = f"start: {error}"
        print(f"   ✗ {error}")
        told.steps.append({"name": "start", "ok": False})
    if once and not already and lock.is_held(layout):
        stack.down(layout)
    elif not failed:
        _addresses(places)
    if once:
        outcome = {"journey": "failed", "failed": failed} if failed else {"journey": "ok"}
        print(json.dumps({**outcome, "steps": told.steps, "seconds": told.total()}, ensure_ascii=False))
    return int(bool(failed))


def _start(layout: Layout, told: _Told, *, already: bool) -> tuple[Places, float]:
    print("0. the system starts: PostgreSQL, an S3 store, two doors, a worker, a sandbox for the outside")
    begun = time.monotonic()
    if not already:
        stack.up(layout, env={"UNEFOIS_PROFILE": "demo"}, timeout=START_TIMEOUT)
    seconds = round(time.monotonic() - begun, 2)
    print(f"   {'it was up already' if already else 'ready'}  [{seconds:.2f} s]\n")
    told.steps.append({"name": "start", "ok": True, "seconds": seconds})
    return Places.recorded(layout), seconds


def _play(story: Story, told: _Told, *, start_s: float) -> str:
    first = 0.0
    for number, (name, step) in enumerate(story.steps(), 1):
        print(f"{number}. {name}")
        begun = time.monotonic()
        try:
            for line in step():
                print(f"   {line}")
        except FAULTS as error:
            print(f"   ✗ {type(error).__name__}: {error}")
            told.steps.append({"name": name, "ok": False, "seconds": round(time.monotonic() - begun, 2)})
            return name
        seconds = round(time.monotonic() - begun, 2)
        print(f"   [{seconds:.2f} s]\n")
        told.steps.append({"name": name, "ok": True, "seconds": seconds})
        if step == story.birth_certificate:
            first = told.total()
    figures = {
        "start_s": start_s,
        "first_document_available_s": first,
        "event_to_notification_ms": event_to_notification_ms(story.places),
    }
    print("figures: " + ", ".join(f"{name} {value}" for name, value in figures.items()) + "\n")
    told.steps.append({"name": "figures", "ok": True, **figures})
    return ""


def _addresses(places: Places) -> None:
    print("The system stays up. Open:")
    for part, what in (
        ("door", "the residents' pages: sign in as Solène Kerjean and look around"),
        ("door", "under /ops the console: sign in as Sarah Lenoir (Léa Kermarrec only looks); Dagster: /ops/dagster"),
        ("release", "the partners' API (/.well-known/oauth-authorization-server)"),
        ("sandbox", "the outside (/partners/caisse-13/received, /partners/caisse-13/files)"),
    ):
        print(f"  {places.url(part):<26} {what}")
    print("Stop it with « make down ».")
