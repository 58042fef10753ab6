"""What every run of a turn in this process works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from townhall.assistant.desk import Desk
from townhall.db.engine import Database
from townhall.settings import Settings
from townhall.telemetry.traces import TraceKeeper
from townhall.town import Town
from townhall.turns.leases import Leases
from townhall.turns.log import EventLog


@dataclass(frozen=True)
class Workplace:
    """The open parts of the process."""

    settings: Settings
    town: Town
    database: Database
    log: EventLog
    leases: Leases
    desk: Desk
    traces: TraceKeeper
    clock: Callable[[], datetime]
