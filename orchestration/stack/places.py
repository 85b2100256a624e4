"""Where each process of the one-machine system answers, and which of the state folder's files it may use."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.stack.errors import NotRunning
from orchestration.stack.layout import Layout
from orchestration.stack.ports import LOOPBACK, PortBook

WEB_PARTS = ("door", "release", "sandbox", "mail", "sftp", "dagster-code", "dagster-web")


@dataclass(frozen=True)
class Places:
    """Addresses of our own processes and paths of the keys and folders they share."""

    layout: Layout
    ports: dict[str, int]

    @classmethod
    def chosen(cls, layout: Layout) -> "Places":
        """Choose ports, the recorded ones where they are still free."""
        book = PortBook(layout)
        return cls(layout, {name: book.port(name) for name in WEB_PARTS})

    @classmethod
    def recorded(cls, layout: Layout) -> "Places":
        """Return the places of the last start; raises :class:`NotRunning` where there was none."""
        known = PortBook(layout).recorded()
        if not known:
            raise NotRunning(f"the system was never started on {layout.state}")
        return cls(layout, {name: known[name] for name in WEB_PARTS})

    def url(self, part: str) -> str:
        """The address of one of our web parts, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.ports[part]}"

    @property
    def sandbox(self) -> Path:
        """What the sandbox keeps: its own keys, personas' partners, drop folders."""
        return self.layout.state / "sandbox"

    @property
    def papers(self) -> Path:
        """The test seal authority and the test civil registry."""
        return self.sandbox / "papers"

    @property
    def trust(self) -> Path:
        """Certificates of seals; here those of the test authorities."""
        return self.papers / "trust"

    @property
    def file_keys(self) -> Path:
        """Below it our keys for partners that take files over SFTP, and nothing else."""
        # The image of many machines has no sandbox, and its commands know these places all the same.
        from connectors.sandbox.provisioning import sftp_keys

        return sftp_keys(self.sandbox)

    @property
    def drops(self) -> Path:
        """Below it each partner's drop folder."""
        return self.sandbox / "partners"

    @property
    def erasure_log(self) -> Path:
        """What was erased, kept outside every backup."""
        return self.layout.state / "erasures.log"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder."""
        return self.layout.state / "dagster"

    def key(self, name: str) -> Path:
        """The path of one of our key files."""
        return self.layout.keys / name
