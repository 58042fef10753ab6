"""What /proc says: CPU time and memory of a server with its children, and of everybody else."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """Return `pid` and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            waiting += map(int, _read(task).split())
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that `pid` and its living descendants have used."""
    stats = (_read(Path(f"/proc/{each}/stat")) for each in family(pid))
    # After the name, which may hold blanks: utime and stime are the 12th and 13th field.
    fields = (stat.rpartition(")")[2].split() for stat in stats if stat)
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def rss_mb(pid: int) -> float:
    """Return the resident memory of `pid` and its descendants, shared pages counted each time."""
    sizes = (_read(Path(f"/proc/{each}/statm")) for each in family(pid))
    return sum(int(size.split()[1]) for size in sizes if size) * PAGE / 1e6


@dataclass(frozen=True)
class Busy:
    """CPU seconds of the whole machine since it started; `stolen` by its host."""

    used: float
    stolen: float

    @classmethod
    def now(cls) -> "Busy":
        """Read the counters."""
        first_line = _read(Path("/proc/stat")).partition("\n")[0]
        user, nice, system, _idle, _wait, irq, soft, stolen = map(int, first_line.split()[1:9])
        return cls((user + nice + system + irq + soft) / TICKS, stolen / TICKS)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # the process has ended
        return ""
