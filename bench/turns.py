"""What a turn costs: the desk against the floors, in one run, one round after another."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.client import SIXTY_WORDS, Visit
from bench.measurement import WARM_UP_TURNS, Measured, measure, middle
from bench.servers import ALL_CORES, SERVER_CORES, Process, desk, fake_model, floor
from tests.postgres import PostgresServer

FLOORS = ("stream", "sdk", "sdk-session")
# A report in three messages, filed with the last one.
REPORT = (
    "There is a big pothole on Mabini Street in front of number 12.",
    "It was there yesterday evening.",
    "Maria Santos, and that is all.",
)
VISITS = {
    "echo": Visit(messages=(SIXTY_WORDS,)),
    "clerk": Visit(messages=REPORT, turns_per_session=len(REPORT)),
}
BARS = (  # figure, of, at how many clients, system, floor, at most
    ("cpu_ms", "CPU", 16, "hosted", "sdk", 0.45),
    ("cpu_ms", "CPU", 16, "hosted", "sdk-session", 0.22),
    ("first_text_p50_ms", "first text p50", 1, "hosted", "sdk", 0.6),
    ("first_text_p95_ms", "first text p95", 16, "hosted", "sdk", 0.6),
    ("cpu_ms", "CPU", 16, "clerk", "sdk", 0.4),
    ("cpu_ms", "CPU", 16, "echo", "stream", 2.5),
)


@dataclass(frozen=True)
class Place:
    """Where the servers of a run live: a fake model, a folder, a database server."""

    model: Process
    folder: Path
    postgres: PostgresServer | None


@contextmanager
def place(*, with_postgres: bool = False, model_options: Sequence[str] = ()) -> Iterator[Place]:
    """Give a place that is gone after the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="townhall-bench-")))
        model = stack.enter_context(fake_model(*model_options))
        server = PostgresServer(folder / "pg") if with_postgres else None
        yield Place(model, folder, stack.enter_context(server) if server else None)


def compare(seconds: float, rounds: int, clients: Sequence[int]) -> list[Measured]:
    """Measure the floors and the desk's three models on SQLite, in turn, `rounds` times."""
    with place() as at:
        names = (*FLOORS, "echo", "clerk", "hosted")
        return _alternate(at, {name: _opened(name, at) for name in names}, seconds, rounds, clients)


def survey(seconds: float, clients: Sequence[int]) -> list[Measured]:
    """Measure the desk on both databases with one worker and with two, once each."""
    found = []
    with place(with_postgres=True) as at, ExitStack() as databases:
        assert at.postgres is not None
        for kind in ("echo", "clerk", "hosted"):
            for database in ("sqlite", "postgres"):
                for workers in (1, 2):
                    url = (
                        databases.enter_context(at.postgres.new_database())
                        if database == "postgres"
                        else None
                    )
                    name = f"{kind} {database} {workers}"
                    server = desk(
                        kind,
                        at.folder / name,
                        model=at.model,
                        database_url=url,
                        workers=workers,
                        cores=ALL_CORES if workers > 1 else SERVER_CORES,
                    )
                    found += _alternate(at, {name: server}, seconds, 1, clients)
    return found


def double(kind: str, seconds: float, rounds: int, clients: int) -> list[Measured]:
    """Measure one worker on one core, one on all cores and two on all cores."""
    forms = {
        f"{kind} 1 on one core": (1, SERVER_CORES),
        f"{kind} 1": (1, ALL_CORES),
        f"{kind} 2": (2, ALL_CORES),
    }
    with place() as at:
        servers = {
            name: desk(kind, at.folder / name, model=at.model, workers=workers, cores=cores)
            for name, (workers, cores) in forms.items()
        }
        return _alternate(at, servers, seconds, rounds, [clients])


def ratios(found: Sequence[Measured]) -> list[tuple[str, float, float]]:
    """Return each bar's name, what was measured and what is allowed."""
    known = {(each.system, each.clients): each for each in found}
    lines = []
    for figure, label, clients, system, over, bar in BARS:
        if (system, clients) in known and (over, clients) in known:
            top = getattr(known[system, clients], figure)
            bottom = getattr(known[over, clients], figure)
            lines.append((f"{label}, {system} / {over}", round(top / bottom, 2), bar))
    return lines


def _opened(name: str, at: Place) -> AbstractContextManager[Process]:
    if name in FLOORS:
        return floor(name, at.model, at.folder)
    return desk(name, at.folder / name, model=at.model)


def _alternate(
    at: Place,
    servers: Mapping[str, AbstractContextManager[Process]],
    seconds: float,
    rounds: int,
    clients: Sequence[int],
) -> list[Measured]:
    found = []
    with ExitStack() as stack:
        running = {name: stack.enter_context(server) for name, server in servers.items()}
        for count in clients:
            runs: dict[str, list[Measured]] = {name: [] for name in running}
            for round_ in range(rounds):
                for name, server in running.items():
                    visits = [VISITS.get(name.split()[0], Visit())] * count
                    run = measure(
                        *(name, server, visits),
                        seconds=seconds,
                        others=[at.model],
                        warm_up_turns=0 if round_ else WARM_UP_TURNS,
                    )
                    print(run, file=sys.stderr)
                    runs[name].append(run)
            found += [middle(each) for each in runs.values()]
    return found
