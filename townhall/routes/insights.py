"""Figures about what was reported: the same as the assistant tells, as JSON."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from townhall.errors import DatabaseUnavailable, ValidationFailed
from townhall.insights.answers import FigureAnswer, FigureWithheld
from townhall.insights.figures import count_figure
from townhall.insights.periods import Period
from townhall.insights.questions import PLACE_CHARACTERS, Figure, Kind, Question
from townhall.routes.chat import REFUSALS
from townhall.routes.dependencies import Asker, Desk
from townhall.routes.errors import documented

router = APIRouter(prefix="/insights", tags=["insights"])

_Place = Annotated[str, StringConstraints(max_length=PLACE_CHARACTERS)]


@router.get("", responses=documented(*REFUSALS, ValidationFailed, DatabaseUnavailable))
async def get_figure(
    desk: Desk,
    asker: Asker,
    figure: Annotated[Figure, Query(description="What to count.")] = "count",
    kind: Annotated[Kind | None, Query(description="Both, if left out.")] = None,
    incident_type: Annotated[
        str | None, Query(description="A code of the taxonomy.", examples=["pothole"])
    ] = None,
    topic: Annotated[str | None, Query(description="A code of the feedback topics.")] = None,
    place: Annotated[
        _Place | None, Query(description="A street or place by name; incidents only.")
    ] = None,
    period: Annotated[
        Period, Query(description="When it was reported, in the town's time zone.")
    ] = "all",
) -> FigureAnswer | FigureWithheld:
    """Count reports. Withdrawn ones do not count.

    A period that still runs is compared with the same stretch of the one before, a full one with
    a full one. Crimes and private matters are told by place only from five on.
    """
    question = Question(figure, period, kind, incident_type, topic, place)
    return await count_figure(
        desk.database, desk.town, question, datetime.now(UTC).astimezone(desk.town.zone)
    )
