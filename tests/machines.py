"""The processes of compose.yaml started natively: the same commands and settings, on the parts that tests have."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from orchestration.stack.layout import CODE_ROOT
from tests.system import eventually
from tests.unit.vault.crypto.bao import _binary

_ASKED = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def composed(told: Mapping[str, str]) -> dict[str, Any]:
    """Return compose.yaml with ``told`` put in; fails where something without a default is not told."""

    def value(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        if how == "-":
            return told.get(name, otherwise)
        assert name in told, f"{name} has no default"
        return told[name]

    def put_in(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: put_in(member) for key, member in node.items()}
        if isinstance(node, list):
            return [put_in(member) for member in node]
        return _ASKED.sub(value, node) if isinstance(node, str) else node

    found: dict[str, Any] = put_in(yaml.safe_load((CODE_ROOT / "compose.yaml").read_text(encoding="utf-8")))
    return found


def image_tree(folder: Path) -> Path:
    """Put what the Dockerfile puts into the image, and no more, into ``folder``."""
    lines = (CODE_ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name in re.findall(r"^COPY (\w+) \1$", lines, re.MULTILINE):
        shutil.copytree(CODE_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (gone,) = re.findall(r"^RUN rm -rf ([\w/ ]+) &&", lines, re.MULTILINE)
    for name in gone.split():
        shutil.rmtree(folder / name)
    return folder


@dataclass
class Machines:
    """Services of compose.yaml as processes of this machine: other ``words`` stand for its names, other ``ports`` for its."""

    compose: dict[str, Any]
    folder: Path
    tree: Path
    words: Mapping[str, str]
    ports: Mapping[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str, **beside: str) -> None:
        """Start the commands that services name, with their settings and nothing else of the environment."""
        for name in names:
            for config in self._service(name).get("configs", []):
                file = CODE_ROOT / self.compose["configs"][config["source"]]["file"]
                text = self._here(name, file.read_text(encoding="utf-8"))
                (self.folder / f"{name}.config").write_text(text, encoding="utf-8")
            service = self._service(name)
            argv = [*service.get("entrypoint", []), *service["command"]]
            self.running[name] = self._spawn(name, name, argv, beside)

    def done(self, *names: str) -> None:
        """Wait for services that end, and see that they ended well."""
        for name in names:
            assert self.running[name].wait(timeout=120) == 0, self.log(name)

    def well(self, *names: str) -> None:
        """Wait until the health checks of services pass."""
        for name in names:
            eventually(lambda name=name: self._passes(name))

    def listens(self, port: str) -> bool:
        """Whether somebody listens there: asked first, where a health check is a second of processor."""
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.ports[port])) == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def end(self) -> None:
        """End everything at once: what it worked on goes with the test."""
        for process in self.running.values():
            process.kill()
            process.wait()

    def _service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.compose["services"][name]
        return found

    def _passes(self, name: str) -> bool:
        assert self.running[name].poll() is None, self.log(name)
        kind, *check = self._service(name)["healthcheck"]["test"]
        argv = ["sh", "-c", *check] if kind == "CMD-SHELL" else check
        return self._spawn(name, f"{name}.health", argv, {}).wait(timeout=60) == 0

    def _spawn(self, name: str, log: str, argv: list[str], beside: Mapping[str, str]) -> subprocess.Popen[bytes]:
        env = self._env(name) | beside
        program, *words = [self._here(name, word) for word in argv]
        known = {"python": sys.executable, "bao": str(_binary())}
        found = known.get(program) or shutil.which(program, path=env["PATH"])
        assert found, program
        with (self.folder / f"{log}.log").open("ab") as out:
            return subprocess.Popen(
                [found, *words], env=env, cwd=self.tree, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def _env(self, name: str) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        told = self._service(name).get("environment", {})
        ours = {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(self.tree)}
        return {key: self._here(name, str(value)) for key, value in told.items()} | ours

    def _here(self, name: str, word: str) -> str:
        """Say where on this machine what a service calls ``word`` is: mounts first, then names and ports."""
        for mount in self._service(name).get("volumes", []):
            source, target, *_ = mount.split(":")
            (self.folder / source).mkdir(mode=0o700, exist_ok=True)
            word = re.sub(rf"{re.escape(target)}(?=[/\"\s]|$)", str(self.folder / source), word)
        for config in self._service(name).get("configs", []):
            word = word.replace(config["target"], str(self.folder / f"{name}.config"))
        for there, here in self.words.items():
            word = word.replace(there, here)
        for port, here in self.ports.items():
            # Where a port stands, and not where a secret happens to have these digits.
            word = re.sub(rf"(^|:){port}(?=[/\"\s]|$)", rf"\g<1>{here}", word)
        return word
