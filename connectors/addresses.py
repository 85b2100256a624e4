"""Where a request of ours may go: a name is resolved once, every address it has is checked, and one of these is dialled.

Against server-side request forgery (OWASP « Server-Side Request Forgery Prevention »): what a partner names as its
address must not be one of ours, of the machine, of its network or of the cloud it runs in, and a name that answers
otherwise the next moment (rebinding) must change nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors.errors import AddressRefused

Resolver = Callable[[str, int], Sequence[str]]
"""Returns every address of a name; raises ``OSError``."""
PORTS = frozenset({443, 8443})
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        # IANA IPv4 Special-Purpose Address Registry, and what routes to nobody or to many.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        # IANA IPv6 Special-Purpose Address Registry, within 2000::/3: protocol assignments (Teredo), documentation, 6to4.
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Return the origin of ``url``; raises ``ValueError`` for a port that is none."""
        parts = urlsplit(url)
        return cls(parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80))


def resolve(host: str, port: int) -> list[str]:
    """Return every address of a name as the machine's resolver has it now; raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether an address is one that the whole internet reaches, and no special one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found not in _PUBLIC_V6:
        # Also mapped and translated IPv4, unique local, link local, and whatever carries a zone.
        return False
    return not any(found in block for block in _SPECIAL if block.version == found.version)


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Only public addresses over TLS, and those few origins that a test or a demonstration names."""

    permitted: frozenset[Origin] = frozenset()
    resolver: Resolver = field(default=resolve, repr=False)

    def addresses(self, origin: Origin) -> Sequence[str]:
        """Return the addresses at which ``origin`` may be dialled now, each of them checked.

        Raises :class:`AddressRefused` where a single one is refused: whoever controls the name would choose the moment
        at which it is that one's turn. Raises ``OSError`` where the name has none.
        """
        if origin not in self.permitted and (origin.scheme != "https" or origin.port not in PORTS):
            raise AddressRefused("scheme or port")
        found = self.resolver(origin.host, origin.port)
        if origin not in self.permitted and not (found and all(is_public(one) for one in found)):
            raise AddressRefused("not a public address")
        return found
