"""What operators may see of a running process: spans that follow one document, counts, and logs with identifiers.

Off unless :func:`begin` was called, and then a span is one look at a name in this module. Names and attributes are words
of ours: the kind of a job, the template of a route, a status. Never a value, a name, or an identifier of a person.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer
    from prometheus_client import CollectorRegistry, Counter, Histogram

CARRIED = "traceparent"
"""The name under which a job and a notification carry what they belong to (W3C Trace Context)."""
PORTS = 64
"""How many ports from the one that is told on are tried: the processes of one door take one each."""
_LOG = logging.getLogger("unefois.telemetry")
_GIVEN: ContextVar[str | None] = ContextVar("traceparent", default=None)
CORRELATION: ContextVar[str] = ContextVar("correlation", default="")
"""By what a request is found in the log; for the lines that are written while it is handled."""


@dataclass(slots=True)
class _On:
    tracer: "Tracer | None" = None
    done: "Counter | None" = None
    seconds: "Histogram | None" = None


_ON = _On()


def on() -> bool:
    """Tell whether anything is followed or counted here."""
    return _ON.tracer is not None or _ON.seconds is not None


@contextmanager
def span(kind: str, name: str, *, parent: str | None = None) -> Iterator[dict[str, str]]:
    """Follow one piece of work of a ``kind``; what is put into the yielded words (``outcome``) is told when it ends.

    ``parent`` is what another process carried over; it is handed on also where nothing is followed here.
    """
    words: dict[str, str] = {}
    token = _GIVEN.set(parent) if parent else None
    begun = perf_counter() if _ON.seconds is not None else 0.0
    try:
        if _ON.tracer is None:
            yield words
        else:
            with _traced(_ON.tracer, kind, name, parent, words):
                yield words
    except BaseException as error:
        words.setdefault("outcome", type(error).__name__)
        raise
    finally:
        if token is not None:
            _GIVEN.reset(token)
        _count(kind, words.get("name", name), words.get("outcome", "done"), begun)


def carried() -> str | None:
    """Return what the work under way belongs to, for whoever takes it up; nothing where it belongs to nothing."""
    if _ON.tracer is None:
        return _GIVEN.get()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    found: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(found)
    return found.get(CARRIED)


@contextmanager
def _traced(tracer: "Tracer", kind: str, name: str, parent: str | None, words: dict[str, str]) -> Iterator[None]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    before = TraceContextTextMapPropagator().extract({CARRIED: parent}) if parent else None
    # The text of an exception may hold values: its kind is told below, and nothing else of it.
    with tracer.start_as_current_span(
        f"{kind} {name}", before, record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield
        except BaseException as error:
            words.setdefault("outcome", type(error).__name__)
            raise
        finally:
            if "name" in words:
                one.update_name(f"{kind} {words['name']}")
            one.set_attribute("outcome", words.get("outcome", "done"))


def _count(kind: str, name: str, outcome: str, begun: float) -> None:
    if _ON.done is not None and _ON.seconds is not None:
        _ON.done.labels(kind, name, outcome).inc()
        _ON.seconds.labels(kind, name).observe(perf_counter() - begun)


def begin(process: str, *, traces_to: str, metrics_host: str, metrics_port: int) -> "CollectorRegistry | None":
    """Begin what is asked for: spans to an OTLP address, counts at a port; call it in each process, after a fork.

    Returns where the counts are, for what a process knows beside them.

    Raises :class:`OSError` where no port is free.
    """
    if traces_to:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        trace_with(process, BatchSpanProcessor(OTLPSpanExporter(endpoint=traces_to)))
    if not metrics_port:
        return None
    registry = count_with()
    _listen(metrics_host, metrics_port, registry)
    return registry


def trace_with(process: str, processor: "SpanProcessor") -> None:
    """Follow work from now on, and give each span that ended to ``processor``."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    # Not what the library finds out by itself: host, command line and environment are nobody's business.
    provider = TracerProvider(resource=Resource({"service.name": f"unefois-{process}"}), shutdown_on_exit=True)
    provider.add_span_processor(processor)
    _ON.tracer = provider.get_tracer("unefois")


def count_with() -> "CollectorRegistry":
    """Count work from now on; return where the counts are."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry = CollectorRegistry()
    _ON.done = Counter(
        "unefois_done", "Work that ended, by kind and outcome", ("kind", "name", "outcome"), registry=registry
    )
    _ON.seconds = Histogram("unefois_seconds", "How long it took", ("kind", "name"), registry=registry)
    return registry


def end() -> None:
    """Follow and count nothing any more."""
    _ON.tracer = _ON.done = _ON.seconds = None


def _listen(host: str, first: int, registry: "CollectorRegistry") -> None:
    from prometheus_client import start_http_server

    for port in range(first, first + PORTS):
        try:
            start_http_server(port, host, registry)
        except OSError:
            continue
        _LOG.info("metrics at port %d", port)
        return
    raise OSError(f"no port from {first} on is free for metrics")


class JsonLines(logging.Formatter):
    """One JSON object a line: when, how grave, who says it, what, and to which request or trace it belongs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an exception its kind alone."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation := CORRELATION.get():
            line["correlation_id"] = correlation
        if trace := carried():
            line["trace_id"] = trace.split("-")[1]
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def log_as(form: str) -> None:
    """Write the log of this process as ``plain`` lines, or as ``json``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
