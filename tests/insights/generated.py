"""Records of two years, from a fixed seed, spelled as different people spell."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from townhall.db.engine import Database
from townhall.db.tables import feedback, incidents
from townhall.town import Town

RECORDS = 10_000
# The same place as different people write it.
PLACES: dict[str, tuple[str, ...]] = {
    "mabini": ("Mabini Street", "mabini st.", "on Mabini Street", "Calle Mabini", "MABINI ST"),
    "mabini 12": ("12 Mabini Street", "12 mabini st", "no. 12 Mabini Street"),
    "mabini avenue": ("Mabini Avenue", "mabini ave."),
    "park": ("Central Park", "near Central Park", "central park", "in the Central Park"),
    "parking": ("Central Parking", "central parking"),
    "peña": ("Plaza Peña", "plaza pena", "at the Plaza Pena"),
    "church": ("in front of St. Mary's Church", "st marys church", "St Mary's church"),
    "渋谷": ("渋谷駅前", "渋谷駅前"),
    "ferry": ("behind the ferry landing", "Behind the ferry landing"),
    **{f"street {n}": (f"{n} Acacia Street", f"{n} acacia st.") for n in range(1, 60)},
}
# Asked for like this; found at all these places.
ASKED: dict[str, tuple[str, ...]] = {
    "Mabini Street": ("mabini", "mabini 12"),
    "mabini st": ("mabini", "mabini 12"),
    "12 Mabini St.": ("mabini 12",),
    "Mabini": ("mabini", "mabini 12", "mabini avenue"),
    "the central park": ("park",),
    "Plaza Pena": ("peña",),
    "Saint Mary's Church": (),  # St. is first of all a street
    "St. Mary's Church": ("church",),
    "渋谷駅": ("渋谷",),
    "Acacia Street": tuple(f"street {n}" for n in range(1, 60)),
    "7 Acacia Street": ("street 7",),
    "Nowhere Lane": (),
}


@dataclass(frozen=True)
class Record:
    """A record with the place that is meant by its location."""

    kind: str
    row: dict[str, Any]
    place: str | None

    @property
    def created_at(self) -> datetime:
        """When it was filed, in the town's zone."""
        at: datetime = self.row["created_at"]
        return at


def generate(town: Town, now: datetime, count: int = RECORDS) -> list[Record]:
    """Return `count` records, two thirds of them incidents, more of them recent than old."""
    pick = random.Random(20260310)  # noqa: S311  # the same records every time, no secrets
    types = [kind.code for kind in town.incident_types]
    topics = [topic.code for topic in town.feedback_topics]
    return [
        _incident(pick, number, types, now)
        if pick.random() < 2 / 3
        else _feedback(pick, number, topics, now)
        for number in range(count)
    ]


async def save(database: Database, records: list[Record]) -> None:
    """Insert the records in one go."""
    async with database.writing() as connection:
        for kind, table in (("incident", incidents), ("feedback", feedback)):
            rows = [record.row for record in records if record.kind == kind]
            if rows:
                await connection.execute(insert(table), rows)


def _incident(pick: random.Random, number: int, types: list[str], now: datetime) -> Record:
    place = pick.choice([*PLACES, *["mabini", "park"] * 10, None, None])
    row = {
        **_common(pick, f"INC-{number:09}", now),
        "incident_type": pick.choice([*types, *["pothole", "theft", "noise"] * 5]),
        "description": "It happened again.",
        "location": None if place is None else pick.choice(PLACES[place]),
        "severity_level": pick.randint(1, 5),
        "details": [],
    }
    return Record("incident", row, place)


def _feedback(pick: random.Random, number: int, topics: list[str], now: datetime) -> Record:
    row = {
        **_common(pick, f"FBK-{number:09}", now),
        "feedback_kind": pick.choice(["suggestion", "complaint", "praise"]),
        "topic": pick.choice(topics),
        "summary": "I would like to say something.",
        "sentiment": pick.choice(["positive", "neutral", "negative", "negative"]),
    }
    return Record("feedback", row, None)


def _common(pick: random.Random, reference: str, now: datetime) -> dict[str, Any]:
    age = timedelta(days=730) * pick.random() ** 3
    created_at = now - age
    return {
        "reference": reference,
        "user_id": "anonymous-1",
        "status": pick.choice(["open", "open", "in_progress", "resolved", "withdrawn"]),
        "created_at": created_at,
        "updated_at": created_at,
    }
