"""Exports the SDK's traces by OpenTelemetry (OTLP over HTTP). Needs the `otlp` extra.

Without an endpoint of ours the standard `OTEL_EXPORTER_OTLP_*` variables decide.
"""

from datetime import datetime
from typing import Any

from agents.tracing import Span, Trace, TracingProcessor
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span as OtelSpan
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


class OtlpProcessor(TracingProcessor):
    """Turns each trace into a root span and each SDK span into a child of its parent."""

    def __init__(self, endpoint: str | None) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "townhall"}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("townhall")
        self._open: dict[str, OtelSpan] = {}

    def on_trace_start(self, trace: Trace) -> None:
        """Open the root span, with group and metadata as attributes."""
        exported = trace.export() or {}
        attributes = {f"townhall.{k}": str(v) for k, v in (exported.get("metadata") or {}).items()}
        attributes["townhall.trace_id"] = trace.trace_id
        attributes["townhall.group_id"] = str(exported.get("group_id") or "")
        self._begin(trace.trace_id, None, trace.name, None, attributes)

    def on_trace_end(self, trace: Trace) -> None:
        """Close the root span."""
        self._end(trace.trace_id, None)

    def on_span_start(self, span: Span[Any]) -> None:
        """Open a span below its parent."""
        parent = span.parent_id or span.trace_id
        self._begin(span.span_id, parent, span.span_data.type, span.started_at, {})

    def on_span_end(self, span: Span[Any]) -> None:
        """Close the span, with its figures and, after a failure, its error."""
        opened = self._open.get(span.span_id)
        if opened is None:
            return
        for key, value in span.span_data.export().items():
            if isinstance(value, str | int | float | bool):
                opened.set_attribute(f"townhall.{key}", value)
        if span.error is not None:
            opened.set_status(otel.StatusCode.ERROR, span.error["message"])
        self._end(span.span_id, span.ended_at)

    def shutdown(self) -> None:
        """Send what waits and stop."""
        self._provider.shutdown()

    def force_flush(self) -> None:
        """Send what waits."""
        self._provider.force_flush()

    def _begin(
        self, key: str, parent: str | None, name: str, start: str | None, attributes: dict[str, str]
    ) -> None:
        above = self._open.get(parent) if parent else None
        context = otel.set_span_in_context(above) if above is not None else None
        opened = self._tracer.start_span(
            name, context=context, start_time=_nanoseconds(start), attributes=attributes
        )
        if isinstance(opened, OtelSpan):
            self._open[key] = opened

    def _end(self, key: str, end: str | None) -> None:
        opened = self._open.pop(key, None)
        if opened is not None:
            opened.end(end_time=_nanoseconds(end))


def _nanoseconds(at: str | None) -> int | None:
    return None if at is None else int(datetime.fromisoformat(at).timestamp() * 1_000_000_000)
