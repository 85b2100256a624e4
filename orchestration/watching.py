"""How much waits to be done, as whoever watches a worker reads it: counts and ages by kind of job, and nobody."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text

from vault.db import Database
from vault.errors import DatabaseUnavailable

_WAITING = text("""SELECT task_name, count(*) AS many,
        coalesce(extract(epoch FROM now() - min(coalesce(scheduled_at, (SELECT min(at) FROM jobs.procrastinate_events e
            WHERE e.job_id = j.id)))), 0)::float AS oldest
    FROM jobs.procrastinate_jobs j WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now() GROUP BY task_name""")


class Waiting(Collector):
    """Asks the database when it is asked itself."""

    def __init__(self, db: Database) -> None:
        """Look into ``db``."""
        self._db = db

    def describe(self) -> list[GaugeMetricFamily]:
        """Return what there is, without asking: whoever registers this must not wait for a database."""
        return list(self._families())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return how many jobs of each kind wait and for how long; nothing while the database is away."""
        many, oldest = self._families()
        try:
            with self._db.read() as tx:
                for row in tx.execute(_WAITING):
                    many.add_metric([row.task_name], row.many)
                    oldest.add_metric([row.task_name], row.oldest)
        except DatabaseUnavailable:
            return
        yield from (many, oldest)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("unefois_jobs_waiting", "Jobs that are due", labels=["name"]),
            GaugeMetricFamily("unefois_jobs_oldest_seconds", "How long the oldest of them waits", labels=["name"]),
        )
