"""Measure one thing and print it as a table: python -m bench ratios | survey | workers | streams |
growth | lists | start. `make bench` does them one after another; figures.py has its own table.

A run is bounded; its machine should have nothing else to do. Columns: CPU of the server and its
children per turn, memory at the end, the client's share of its core (it must stay well below 1),
and `noise`, the cores that other processes and the host took meanwhile.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench import growth, start, streams, turns
from bench.chart import draw
from bench.measurement import Measured, pin_to
from bench.servers import ALL_CORES, CLIENT_CORES

CHART = Path(__file__).parents[1] / "docs" / "images" / "performance.svg"


def main() -> None:
    """Run the measurement that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", choices=list(MEASUREMENTS))
    parser.add_argument("--seconds", type=float, default=3, help="of each run, after its warm-up")
    parser.add_argument("--rounds", type=int, default=3, help="runs, of which the median is told")
    parser.add_argument("--chart", action="store_true", help="draw docs/images/performance.svg")
    options = parser.parse_args()
    pin_to(CLIENT_CORES)
    MEASUREMENTS[options.what](options)


def _ratios(options: argparse.Namespace) -> None:
    found = turns.compare(options.seconds, options.rounds, [1, 16])
    _print_table(found)
    print("\n| ratio | measured | bar |\n|---|---|---|")
    for name, measured, bar in turns.ratios(found):
        print(f"| {name} | {measured} | {bar} |")
    if options.chart:
        CHART.write_text(draw([each for each in found if each.clients == 16]))


def _survey(options: argparse.Namespace) -> None:
    _print_table(turns.survey(options.seconds, [1, 16, 64]))


def _workers(options: argparse.Namespace) -> None:
    pin_to(ALL_CORES)
    found = turns.double("clerk", options.seconds, options.rounds, 16)
    _print_table(found)
    alone, one, two = (each.turns_per_second for each in found)
    print(f"\nTwo workers answer {two / alone:.2f} times the turns of one with a core of its own,")
    print(f"and {two / one:.2f} times those of one that may use all cores.")


def _streams(_: argparse.Namespace) -> None:
    print(json.dumps(streams.measure_streams()))


def _growth(_: argparse.Namespace) -> None:
    print(json.dumps(growth.measure_turns()))


def _lists(_: argparse.Namespace) -> None:
    print(json.dumps(growth.measure_lists()))


def _start(options: argparse.Namespace) -> None:
    for each in start.measure_starts(options.rounds):
        print(json.dumps(each))


def _print_table(found: Sequence[Measured]) -> None:
    columns = list(asdict(found[0]))
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for each in found:
        print("| " + " | ".join(str(value) for value in asdict(each).values()) + " |", flush=True)


MEASUREMENTS = {
    "ratios": _ratios,
    "survey": _survey,
    "workers": _workers,
    "streams": _streams,
    "growth": _growth,
    "lists": _lists,
    "start": _start,
}

if __name__ == "__main__":
    main()
