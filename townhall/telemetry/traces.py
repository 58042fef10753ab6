"""Traces of runs: kept with their turn, logged and, where the deployer has it so, exported.

Without a key for api.openai.com and without `TOWNHALL_TRACES=otlp` nothing leaves the machine.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agents import set_trace_processors
from agents.tracing import Span, Trace, TracingProcessor
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor

from townhall.settings import Settings

EXPORT_SECONDS = 3.0  # for what waits at the end of the process; then it ends without
MAX_SPANS = 200  # of one turn; a turn has about five, a runaway one must not fill the database


class TraceKeeper(TracingProcessor):
    """Collects the spans of the traces that are being kept, by trace id, beside an exporter."""

    def __init__(self, exporter: TracingProcessor | None) -> None:
        self._exporter = exporter
        self._kept: dict[str, dict[str, Any]] = {}

    async def close(self) -> None:
        """Let the exporter send what still waits: nothing else does when a signal ends us."""
        if self._exporter is None:
            return
        # A thread of its own, for nobody waits longer for a server that does not answer.
        sending = threading.Thread(target=self._exporter.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, EXPORT_SECONDS)

    @contextmanager
    def keep(self, trace_id: str) -> Iterator[dict[str, Any]]:
        """Give the trace `trace_id` as it grows: what `Trace.export` says, plus its `spans`."""
        kept: dict[str, Any] = {"id": trace_id, "spans": []}
        self._kept[trace_id] = kept
        try:
            yield kept
        finally:
            del self._kept[trace_id]

    def on_trace_start(self, trace: Trace) -> None:
        """Note the trace's name, group and metadata."""
        if trace.trace_id in self._kept:
            self._kept[trace.trace_id].update(trace.export() or {})

    def on_trace_end(self, trace: Trace) -> None:
        """Do nothing: whoever keeps the trace has it."""

    def on_span_start(self, span: Span[Any]) -> None:
        """Do nothing: a span says all when it ends."""

    def on_span_end(self, span: Span[Any]) -> None:
        """Note the span."""
        kept = self._kept.get(span.trace_id)
        if kept is not None and len(kept["spans"]) < MAX_SPANS:
            kept["spans"].append(span.export())

    def shutdown(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def force_flush(self) -> None:
        """Do nothing: nothing waits."""


def configure_traces(settings: Settings) -> TraceKeeper:
    """Set where the SDK's traces go and return the keeper of this process's turns."""
    exporter = _exporter(settings)
    keeper = TraceKeeper(exporter)
    set_trace_processors([keeper] if exporter is None else [keeper, exporter])
    return keeper


def _exporter(settings: Settings) -> TracingProcessor | None:
    destination = settings.trace_destination
    if destination == "openai":
        key = settings.openai_api_key
        if key is None:
            raise ValueError("TOWNHALL_TRACES=openai needs OPENAI_API_KEY")
        exporter = BackendSpanExporter(api_key=key.get_secret_value())
        if settings.traces_endpoint is not None:
            exporter.endpoint = settings.traces_endpoint
        return BatchTraceProcessor(exporter)
    if destination == "otlp":
        from townhall.telemetry.otlp import OtlpProcessor  # the `otlp` extra

        return OtlpProcessor(settings.traces_endpoint)
    return None
