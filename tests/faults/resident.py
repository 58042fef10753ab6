"""Residents who report potholes, the model that files them, and the count of what came of it."""

import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
from httpx_sse import EventSource, ServerSentEvent
from pydantic import SecretStr
from sqlalchemy import func, select

from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.server import Settled
from townhall.db.engine import Database, database_url
from townhall.db.tables import incidents, turns
from townhall.db.verification import Verification, verify

STREETS = (
    "Mabini Street",
    "Rizal Avenue",
    "Luna Road",
    "Bonifacio Lane",
    "Aguinaldo Drive",
    "Quezon Boulevard",
    "Harbor Walk",
    "Sampaguita Court",
)
THANKS = "Your report is filed. Thank you for telling the town."
ENDS = ("turn.completed", "turn.cancelled", "turn.interrupted", "turn.failed")


def report(street: str) -> str:
    """Return what a resident writes about a street; each street of a session is one record."""
    return f"There is a deep pothole on {street}. That's all."


def filing_rules(*, delay: float = 0.0, first_delay: float = 0.0) -> list[Rule]:
    """Return the model's rules: a report is filed by a call, its result is thanked for."""
    return [
        Rule(
            Answer(calls=(_call(street),), first_delay=first_delay, delay=delay),
            when=Condition(last=street),
            unless=Condition(last='"status"'),
        )
        for street in STREETS
    ] + [Rule(Answer(text=THANKS, delay=delay), when=Condition(last='"status"'))]


def _call(street: str) -> Call:
    return Call(
        "file_incident",
        {
            "incident_type": "pothole",
            "description": f"A deep pothole on {street}.",
            "location": street,
            "date_of_occurrence": None,
            "time_of_occurrence": None,
            "person_involved": None,
            "reporter_name": None,
            "severity_level": 3,
            "details": [],
        },
    )


def new_reports() -> AsyncIterator[dict[str, str]]:
    """Give bodies for /chat without end: as many reports in a session as there are streets."""

    async def bodies() -> AsyncIterator[dict[str, str]]:
        for _ in itertools.count():
            session = f"sess-{uuid.uuid4().hex}"
            for street in STREETS:
                yield {
                    "message": report(street),
                    "session_id": session,
                    "user_id": f"user-{session}",
                }

    return bodies()


@dataclass
class Told:
    """What a resident saw of one turn, over as many connections as it took."""

    turn_id: str
    location: str
    events: list[ServerSentEvent] = field(default_factory=list)

    @property
    def last_id(self) -> str | None:
        """The id to resume from."""
        return self.events[-1].id if self.events else None

    @property
    def has_ended(self) -> bool:
        """Whether the end was seen, and not only that of a process."""
        return bool(self.events) and self.events[-1].event in (*ENDS[:2], ENDS[3])

    @property
    def text(self) -> str:
        """The reply as a client that obeys the grammar shows it."""
        text = ""
        for event in self.events:
            if event.event == "turn.restarted":
                text = ""
            elif event.event == "text.delta":
                text += event.json()["text"]
        return text


async def follow(
    client: httpx.AsyncClient, told: Told, url: str, at_most: int | None = None
) -> None:
    """Read at `url` what comes after what was told, until the stream ends or `at_most` events.

    httpx.HTTPError if it is cut.
    """
    headers = {} if told.last_id is None else {"Last-Event-ID": told.last_id}
    async with client.stream("GET", url + told.location, headers=headers) as response:
        response.raise_for_status()
        async for event in EventSource(response).aiter_sse():
            told.events.append(event)
            if len(told.events) == at_most:
                return


@dataclass(frozen=True)
class Count:
    """What the database knows of the turns: status and records of each, attempts of all."""

    status: dict[str, str]
    records: Counter[str]
    attempt: dict[str, int]

    @property
    def attempts(self) -> Counter[int]:
        """How many turns took how many attempts."""
        return Counter(self.attempt.values())

    def unlike(self, turn_ids: list[str], status: str = "completed") -> list[str]:
        """Return those of the turns that did not end so with exactly one record."""
        return [
            f"{turn_id}: {self.status.get(turn_id)}, {self.records[turn_id]} records"
            f" after {self.attempt.get(turn_id)} attempts"
            for turn_id in turn_ids
            if self.status.get(turn_id) != status or self.records[turn_id] != 1
        ]


async def count(url: str) -> Count:
    """Return what is in the database at `url`."""
    database = Database.open(database_url(Settled(database_url=SecretStr(url))))
    try:
        async with database.reading() as connection:
            rows = await connection.execute(select(turns.c.id, turns.c.status, turns.c.attempt))
            states = rows.all()
            records = await connection.execute(
                select(incidents.c.turn_id, func.count()).group_by(incidents.c.turn_id)
            )
            return Count(
                {row.id: row.status for row in states},
                Counter({row[0]: row[1] for row in records}),
                {row.id: row.attempt for row in states},
            )
    finally:
        await database.close()


async def verified(url: str) -> Verification:
    """Return what `townhall check` says of the database at `url`."""
    database = Database.open(database_url(Settled(database_url=SecretStr(url))))
    try:
        return await verify(database)
    finally:
        await database.close()
