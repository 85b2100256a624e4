"""How quick the operators' console is among a million exchanges: the first page, whatever it is narrowed down to."""

from collections.abc import Iterator

import psycopg

from tests.bench import serving
from tests.bench.measuring import Row, at_most, seconds
from tests.journeys.agents import SARAH, Agent
from tests.system import CAISSE

MILLION, TRIES = 1_000_000, 30
_FILL = """
    INSERT INTO hub.exchange (exchange_id, binding, operation, natural_key, correlation, state, outcome, attempts,
        leased_until, created_at, settled_at, kind, write_class, siret, connector)
    SELECT gen_random_uuid(), 'bench-' || n %% 20, 'register', n::text, 'bench-' || n / 4, state,
        CASE WHEN state <> 'settled' THEN NULL WHEN n %% 5000 = 0 THEN 'rejected' ELSE 'applied' END, 1, at, at,
        CASE WHEN state = 'settled' THEN at END, 'push', 'keyed', %(siret)s, 'caisse-soap'
    FROM (
        SELECT n, now() - n * interval '30 seconds' AS at,
            CASE WHEN n %% 20000 = 0 THEN 'in_doubt' ELSE 'settled' END AS state
        FROM generate_series(1, %(many)s) n
    ) made
"""
PAGES = {
    "all": "",
    "one binding": "?binding=bench-7",
    "what a partner refused": "?resultat=issue%3Arejected",
    "one binding's refused": "?binding=bench-7&resultat=issue%3Arejected",
    "in doubt": "?resultat=etat%3Ain_doubt",
    "one correlation": "?correlation=bench-200000",
    "a day of a year ago": "?depuis=2025-12-01&jusqu_a=2025-12-02",
    "what nobody has": "?binding=bench-7&resultat=issue%3Aconflict",
}


def console_first_page() -> Iterator[Row]:
    """The first page of exchanges, as an operator's browser gets it, by what is looked for; the slowest of them counts."""
    system = serving.without_worker()
    with psycopg.connect(system.owner_dsn(), autocommit=True, options="-c unefois.purpose=migration") as owner:
        owner.execute(_FILL, {"siret": CAISSE, "many": MILLION})
        owner.execute("ANALYZE hub.exchange")
    http = Agent(system, SARAH).sign_in().http
    taken = {}
    for name, asked in PAGES.items():

        def look(address: str = f"/ops/echanges{asked}") -> None:
            assert http.get(address).status_code == 200

        look()
        taken[name] = [seconds(look) * 1000 for _ in range(TRIES)]
    slowest = max(taken, key=lambda name: sorted(taken[name])[TRIES // 2])
    note = ", ".join(f"{name} {sorted(values)[TRIES // 2]:.0f}" for name, values in taken.items())
    yield at_most("console_first_page_ms", taken[slowest], 200, "ms", note=f"1,000,000 exchanges; medians: {note}")
