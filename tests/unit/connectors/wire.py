"""Exchanges and bindings as the tests of codecs need them."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.api_particulier.routes import ROUTES
from connectors.port import Binding, Exchange
from contracts.identifiers import Siret
from contracts.outcomes import Phase

NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
SIRET = Siret("13002526500013")


def answer(status: int, body: bytes = b"", **headers: str) -> Exchange:
    """A whole answer."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(phase=Phase.COMPLETE, at=NOW, status=status, headers=named, body=body)


def broken(phase: Phase, fault: str = "timeout") -> Exchange:
    """A conversation that ended early."""
    return Exchange(phase=phase, at=NOW, fault=fault)


def binding(base_url: str = "http://127.0.0.1:9", **secrets: str) -> Binding:
    """A binding of the test body, enabled for everything."""
    known = {name: SecretStr(value) for name, value in secrets.items()}
    return Binding("test", base_url, SIRET, known, frozenset(ROUTES))


def exchanges(body: st.SearchStrategy[bytes]) -> st.SearchStrategy[Exchange]:
    """Any exchange at all, with headers that a hostile partner could send."""
    value = st.one_of(
        st.text(max_size=30), st.sampled_from(["60", "99999999999", "Wed, 21 Oct 2026 07:28:00 GMT", "-1"])
    )
    return st.builds(
        Exchange,
        phase=st.sampled_from(Phase),
        at=st.just(NOW),
        status=st.one_of(st.none(), st.sampled_from([200, 201, 204, 302, 404, 409, 410, 422, 429, 503]), st.integers()),
        headers=st.lists(st.tuples(st.sampled_from(["retry-after", "x-sha256", "date"]), value), max_size=3).map(tuple),
        body=body,
        fault=st.sampled_from(["", "timeout", "reset"]),
    )


def mutations(original: bytes) -> st.SearchStrategy[bytes]:
    """``original`` cut, repeated or with bytes replaced."""
    cut = st.integers(0, len(original)).map(lambda end: original[:end])
    changed = st.tuples(st.integers(0, max(len(original) - 1, 0)), st.binary(min_size=1, max_size=4)).map(
        lambda at: original[: at[0]] + at[1] + original[at[0] + len(at[1]) :]
    )
    return st.one_of(cut, changed, st.binary(max_size=200), st.just(original * 2), st.just(b"[" * 100_000))
