"""One measurement of one server: warmed up, under load for some seconds, told in medians."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.client import Visit, load
from bench.machine import Busy, cpu_seconds, rss_mb
from bench.servers import Process

WARM_UP_TURNS = 40
NOISE = 0.1  # of a core: what others may use before a run says little about time


@dataclass(frozen=True)
class Measured:
    """Figures of one run. `noise` is what other processes and the host took, in cores."""

    system: str
    clients: int
    turns: int
    failures: int
    turns_per_second: float
    cpu_ms: float
    first_text_p50_ms: float
    first_text_p95_ms: float
    rss_mb: float
    client_cpu: float
    noise: float


def measure(
    system: str,
    server: Process,
    visits: Sequence[Visit],
    *,
    seconds: float,
    others: Sequence[Process] = (),
    warm_up_turns: int,
) -> Measured:
    """Put `server` under the load of `visits`; `others` are processes of the same measurement."""
    if warm_up_turns:
        asyncio.run(load(server.port, visits, seconds=30, turns=warm_up_turns))
    known = [process.pid for process in others]
    machine, began = Busy.now(), time.perf_counter()
    server_cpu, other_cpu = cpu_seconds(server.pid), sum(map(cpu_seconds, known))
    own_cpu = time.process_time()
    turns = asyncio.run(load(server.port, visits, seconds=seconds))
    wall = time.perf_counter() - began
    server_cpu = cpu_seconds(server.pid) - server_cpu
    other_cpu = sum(map(cpu_seconds, known)) - other_cpu
    own_cpu = time.process_time() - own_cpu
    now = Busy.now()
    ours = server_cpu + other_cpu + own_cpu
    noise = now.used - machine.used - ours + now.stolen - machine.stolen
    for failure, count in turns.failures.most_common(3):
        print(f"{system}: {count} x {failure}")
    count = max(1, len(turns.total))
    return Measured(
        system=system,
        clients=len(visits),
        turns=len(turns.total),
        failures=turns.failures.total(),
        turns_per_second=round(count / wall, 1),
        cpu_ms=round(server_cpu / count * 1000, 2),
        first_text_p50_ms=_percentile(turns.first_text, 50),
        first_text_p95_ms=_percentile(turns.first_text, 95),
        rss_mb=round(rss_mb(server.pid)),
        client_cpu=round((own_cpu + other_cpu) / wall, 2),
        noise=round(max(0.0, noise / wall), 2),
    )


def middle(runs: Sequence[Measured]) -> Measured:
    """Return the medians of several runs of the same measurement."""
    rows = [asdict(run) for run in runs]
    numbers = {
        name: round(statistics.median(row[name] for row in rows), 2)
        for name, value in rows[0].items()
        if isinstance(value, (int, float))
    }
    return Measured(**{**rows[0], **numbers})


def pin_to(cores: set[int]) -> None:
    """Keep this process, the client, on its own cores."""
    os.sched_setaffinity(0, cores)


def _percentile(seconds: Sequence[float], percent: int) -> float:
    if not seconds:
        return float("nan")
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)
