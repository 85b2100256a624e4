"""What partners' door costs: signed answers a second, and a paper released beside the same bytes plainly got."""

import io
import json
import secrets
import statistics
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

from connectors.jose import sign_self_signed
from tests.bench import serving
from tests.bench.custody import CONCURRENCY, ROUNDS, by_turns, client_pool, rate
from tests.bench.measuring import Row, spread
from tests.journeys.doors import Partner, bucket, coined, family
from tests.system import CAISSE, System

ANSWERS, RELEASES = 320, 96
GOAL = 300
QUESTION = ("canteen_enrolment", "child_identity")


def answers() -> Iterator[Row]:
    """Signed answers a second at the release door, tokens and proofs checked, each in the journal."""
    asking = _Asking(serving.whole())
    asking.answers(CONCURRENCY)
    rates = [asking.answers(ANSWERS) for _ in range(ROUNDS)]
    middle = statistics.median(rates)
    yield Row(
        "answers_per_s",
        round(middle, 1),
        "1/s",
        f"≥ {GOAL}",
        middle >= GOAL,
        spread=spread(rates),
        repetitions=ROUNDS,
        note=f"{CONCURRENCY} at a time; token, proof, ground, journal, signature; proofs made before",
    )


def release_100kb() -> Iterator[Row]:
    """A paper fetched by a partner beside plain gets of as many bytes, by turns; nothing is read meanwhile."""
    system = serving.whole()
    asking = _Asking(system)
    size = asking.size()
    store, name = bucket(system), secrets.token_hex(16)
    store.put_object(system.stores.bucket, name, io.BytesIO(secrets.token_bytes(size)), size)

    def get(_: int, __: bytes) -> None:
        with store.get_object(system.stores.bucket, name) as answer:
            assert len(answer.read()) == size

    row = by_turns(
        "release_100kb",
        lambda: asking.releases(RELEASES),
        lambda: rate(get, [b""] * RELEASES),
        goal=0.3,
        against="get_object",
    )
    what = "token, proof, ground, journal, decryption, verification, mark; proofs made before"
    yield replace(row, note=f"{row.note}; a marked copy of {size / 1000:.0f} kB; {what}")


class _Asking:
    """One partner that asks about one family, with everything but the requests made beforehand."""

    def __init__(self, system: System) -> None:
        parent, child = family(system)
        parent.request(child, QUESTION[0], CAISSE)
        parent.satisfied(*QUESTION)
        self._system, self._partner = system, Partner(system, "caisse-13")
        self._subject = str(coined(parent, CAISSE, QUESTION[0]))
        listed = self._partner.ask(self._subject, *QUESTION).json()
        self._href = listed["evidence"][0]["href"]
        self._pool = client_pool()

    def size(self) -> int:
        return len(self._partner.fetch(self._href).content)

    def answers(self, count: int) -> float:
        question = {"subject": self._subject, "service": QUESTION[0], "requirement": QUESTION[1]}
        question |= {"purpose": QUESTION[0], "on_behalf_of": "treatment:canteen_enrolment", "wants": "answer"}
        body, url = json.dumps(question).encode(), urljoin(self._system.release_url, "/hub/v1/evidence-requests")
        headers = self._proved("POST", url, count)

        def ask(number: int, _: bytes) -> None:
            told = headers[number] | {"content-type": "application/json"}
            answer = self._pool.request("POST", url, body=body, headers=told)
            assert answer.status == 200, answer.data

        return rate(ask, [b""] * count)

    def releases(self, count: int) -> float:
        url = urljoin(self._system.release_url, self._href)
        headers = self._proved("GET", url, count)

        def fetch(number: int, _: bytes) -> None:
            answer = self._pool.request("GET", url, headers=headers[number])
            assert answer.status == 200, answer.data

        return rate(fetch, [b""] * count)

    def _proved(self, method: str, url: str, count: int) -> list[dict[str, str]]:
        """Headers with a token of now and a proof each."""
        token = self._partner.token()
        proving = self._partner.proving(token)
        # The first request is told the nonce that the rest carry.
        self._partner.http.get(self._href, auth=proving)
        request = self._partner.http.build_request(method, url.partition("?")[0])
        proofs = [sign_self_signed(proving.claims(request), proving.key, typ="dpop+jwt") for _ in range(count)]
        return [{"authorization": f"DPoP {token}", "dpop": proof} for proof in proofs]
