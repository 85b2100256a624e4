"""One token for many requests: asked anew when its time is over or it is refused, and never for nothing."""

from dataclasses import dataclass, field
from datetime import timedelta

from connectors.client_credentials import SignedInTransport
from connectors.port import TOKEN_REFUSED, Exchange, WireRequest
from contracts.outcomes import Phase
from tests.unit.connectors.wire import NOW, answer, binding

TOWN = binding("https://hubee.example", client_id="a b", client_secret="s:t")
REQUEST = WireRequest("DELETE", "https://hubee.example/notifications/1")


@dataclass
class Partner:
    """Gives tokens one after another, and answers as told."""

    statuses: list[int] = field(default_factory=list)
    token_status: int = 200
    asked: int = 0
    seen: list[str] = field(default_factory=list)

    def send(self, request: WireRequest) -> Exchange:
        self.seen.append(dict(request.headers)["authorization"])
        return answer(self.statuses.pop(0) if self.statuses else 204, b"")

    def give(self, _: WireRequest) -> Exchange:
        self.asked += 1
        said = b'{"access_token":"t%d","token_type":"Bearer","expires_in":3600}' % self.asked
        return answer(self.token_status, said)


@dataclass
class Tokens:
    """The other address of the same partner."""

    partner: Partner

    def send(self, request: WireRequest) -> Exchange:
        return self.partner.give(request)


def way(partner: Partner, clock: list) -> SignedInTransport:
    return SignedInTransport(partner, Tokens(partner), TOWN, "SI", lambda: clock[0])


def test_a_token_serves_until_its_time_is_over() -> None:
    partner, clock = Partner(), [NOW]
    out = way(partner, clock)
    for after in (0, 3500, 3600):
        clock[0] = NOW + timedelta(seconds=after)
        assert out.send(REQUEST).status == 204
    assert partner.seen == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_refused_token_is_replaced_once_and_what_was_refused_is_sent_again() -> None:
    partner = Partner([204, 401, 204])
    out = way(partner, [NOW])
    assert [out.send(REQUEST).status for _ in range(2)] == [204, 204]
    assert partner.seen == ["Bearer t1", "Bearer t1", "Bearer t2"]
    partner.statuses = [401, 401]
    assert out.send(REQUEST).status == 401


def test_without_a_token_nothing_leaves() -> None:
    for status, fault in ((401, TOKEN_REFUSED), (503, "no_token")):
        partner = Partner(token_status=status)
        found = way(partner, [NOW]).send(REQUEST)
        assert (found.phase, found.fault, partner.seen) == (Phase.NOT_SENT, fault, [])
