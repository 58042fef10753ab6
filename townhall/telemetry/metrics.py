"""Figures of this process for Prometheus, at `/metrics`. Each worker process has its own."""

import asyncio

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120)

TURNS = Counter("townhall_turns", "Turns that ended, by how.", ["end"], registry=REGISTRY)
FIRST_TEXT = Histogram(
    "townhall_first_text_seconds",
    "From the acceptance of a message to the first text of its reply.",
    buckets=SECONDS,
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "townhall_turn_seconds",
    "From the acceptance of a message to the end of its turn.",
    buckets=SECONDS,
    registry=REGISTRY,
)
RUNNING_TURNS = Gauge("townhall_running_turns", "Turns that run now.", registry=REGISTRY)
OPEN_STREAMS = Gauge("townhall_open_streams", "Responses that follow a turn.", registry=REGISTRY)
FALLBACKS = Counter(
    "townhall_fallbacks", "Turns that the clerk took over, by cause.", ["code"], registry=REGISTRY
)
RECORDS = Counter("townhall_records", "Records filed, by kind.", ["kind"], registry=REGISTRY)
LOG_LAG = Gauge(
    "townhall_log_lag_seconds",
    "How far the database is behind the events that were told.",
    registry=REGISTRY,
)
TASKS = Gauge(
    "townhall_tasks", "Tasks of the event loop: duties, requests and turns.", registry=REGISTRY
)


def exposition() -> bytes:
    """Return all figures in Prometheus' text format. To be called in the event loop."""
    TASKS.set(len(asyncio.all_tasks()))
    return generate_latest(REGISTRY)
