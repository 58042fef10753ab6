"""What is answered, by the tool and by the route: number, period, filter, and what is withheld."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from tests.visit import Visit, visit
from townhall.db.tables import feedback, incidents
from townhall.settings import Settings

NOW = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)  # 14:30 in the town


async def add(
    resident: Visit,
    incident_type: str,
    location: str | None = None,
    times: int = 1,
    at: datetime = NOW,
    status: str = "open",
) -> None:
    """Put as many incidents into the database."""
    async with resident.server.desk.database.writing() as connection:
        await connection.execute(
            insert(incidents),
            [
                {
                    "reference": f"INC-{abs(hash((incident_type, location, at, n))) % 10**11}",
                    "user_id": "anonymous-1",
                    "status": status,
                    "created_at": at,
                    "updated_at": at,
                    "incident_type": incident_type,
                    "description": "Here.",
                    "location": location,
                    "severity_level": 2,
                    "details": [],
                }
                for n in range(times)
            ],
        )


async def figures(resident: Visit, **asked: Any) -> dict[str, Any]:
    """Return the answer of the tool."""
    nothing = dict.fromkeys(("kind", "incident_type", "topic", "place"))
    question = {"figure": "count", "period": "this_month", **nothing, **asked}
    return await resident.call("how many?", "town_figures", **question)


async def test_the_whole_answer(settings: Settings) -> None:
    """Every answer names number, period and filter; a trend names what it is set against."""
    async with visit(settings, clock=lambda: NOW) as resident:
        await add(resident, "pothole", "Mabini Street", 3)
        await add(resident, "pothole", "mabini st.", 2, NOW - timedelta(days=29))
        await add(resident, "pothole", "Mabini Street", 4, NOW - timedelta(days=20))
        await add(resident, "noise", "Mabini Street", 1, status="withdrawn")
        assert await figures(
            resident, figure="trend", incident_type="pothole", place="Mabini Street"
        ) == {
            "status": "ok",
            "figure": "trend",
            "period": {
                "label": "this month (1 to 11 March 2026)",
                "from": "2026-03-01",
                "to": "2026-03-11",
            },
            "filter": 'incidents of the type "Pothole or broken road surface" at "Mabini Street", '
            "by date of report, without withdrawn ones",
            "total": 3,
            "previous": {
                "label": "last month up to the same day and time (1 to 11 February 2026)",
                "total": 2,
            },
            "rows": [],
        }
        assert await figures(resident, period="all") == {
            "status": "ok",
            "figure": "count",
            "period": {"label": "all time (to 11 March 2026)", "from": None, "to": "2026-03-11"},
            "filter": "incidents and feedback, by date of report, without withdrawn ones",
            "total": 9,
            "previous": None,
            "rows": [{"label": "incidents", "count": 9}, {"label": "feedback", "count": 0}],
        }


async def test_periods_are_of_the_town(settings: Settings) -> None:
    """Five past midnight in the town is today, though it is yesterday in UTC."""
    async with visit(settings, clock=lambda: NOW) as resident:
        midnight = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
        await add(resident, "noise", None, 2, midnight + timedelta(minutes=5))
        await add(resident, "noise", None, 3, midnight - timedelta(minutes=5))
        assert (await figures(resident, period="today"))["total"] == 2
        assert (await figures(resident, period="yesterday"))["total"] == 3


async def test_crimes_are_not_told_by_place_below_five(settings: Settings) -> None:
    """Four thefts at a place and none are withheld alike; five are told; the town's are told."""
    async with visit(settings, clock=lambda: NOW) as resident:
        await add(resident, "theft", "Mabini Street", 4)
        await add(resident, "noise", "Mabini Street", 1)
        withheld = {
            "status": "withheld",
            "reason": 'Reports of the type "Theft, burglary or robbery" are told by place only '
            "where there are at least 5 in the period, to protect the people concerned.",
        }
        theft = {"incident_type": "theft", "place": "Mabini Street"}
        for figure in ("count", "trend", "status", "top_types", "top_places"):
            assert await figures(resident, figure=figure, **theft) == withheld
        assert await figures(resident, incident_type="theft", place="Rizal Avenue") == withheld
        assert await figures(resident, figure="top_places", incident_type="theft") == withheld
        assert (await figures(resident, incident_type="theft"))["total"] == 4
        await add(resident, "theft", "mabini st", 1)
        assert (await figures(resident, **theft))["total"] == 5
        ranked = await figures(resident, figure="top_places", incident_type="theft")
        assert ranked["rows"] == [{"label": "Mabini Street", "count": 5}]
        assert await figures(resident, figure="trend", **theft) == withheld  # none in February


async def test_private_types_are_guarded_like_crimes(settings: Settings) -> None:
    """A missing person or a concern for somebody is withheld, a pothole is not."""
    async with visit(settings, clock=lambda: NOW) as resident:
        for private in ("missing_person", "welfare_concern", "assault_threat"):
            await add(resident, private, "Mabini Street", 2)
            answer = await figures(resident, incident_type=private, place="Mabini Street")
            assert answer["status"] == "withheld"
        await add(resident, "pothole", "Mabini Street", 1)
        answer = await figures(resident, incident_type="pothole", place="Mabini Street")
        assert answer["total"] == 1


async def test_differences_tell_nothing_either(settings: Settings) -> None:
    """The figures of all types at a place leave out the crimes that are too few, and say so."""
    async with visit(settings, clock=lambda: NOW) as resident:
        await add(resident, "pothole", "Mabini Street", 2)
        await add(resident, "theft", "Mabini Street", 4)
        await add(resident, "theft", "Rizal Avenue", 5)
        here = {"place": "Mabini Street"}
        counted = await figures(resident, **here)
        assert counted["total"] == 2
        assert counted["filter"].endswith(
            "without withdrawn ones; crimes and private matters by place only from 5 on"
        )
        types = await figures(resident, figure="top_types", **here)
        assert types["total"] == 2
        assert types["rows"] == [{"label": "Pothole or broken road surface", "count": 2}]
        states = await figures(resident, figure="status", **here)
        assert states["total"] == 2
        places = await figures(resident, figure="top_places")
        assert places["rows"] == [
            {"label": "Rizal Avenue", "count": 5},
            {"label": "Mabini Street", "count": 2},
        ]


async def test_a_type_that_the_town_dropped_may_have_been_a_crime(settings: Settings) -> None:
    """Its records are guarded by place, and named by their code in the whole town."""
    async with visit(settings, clock=lambda: NOW) as resident:
        await add(resident, "pothole", "Mabini Street", 2)
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(incident_type="old_crime"))
        assert (await figures(resident, place="Mabini Street"))["total"] == 0
        assert (await figures(resident, figure="top_types"))["rows"] == [
            {"label": "old_crime", "count": 2}
        ]


async def test_the_mood_of_a_topic(settings: Settings) -> None:
    """Sentiment is of feedback, in one order, with what nobody felt."""
    async with visit(settings, clock=lambda: NOW) as resident:
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(
                insert(feedback),
                [
                    {
                        "reference": f"FBK-{n}",
                        "user_id": "anonymous-1",
                        "status": "open",
                        "created_at": NOW,
                        "updated_at": NOW,
                        "feedback_kind": "praise",
                        "topic": "environment",
                        "summary": "Good.",
                        "sentiment": "positive",
                    }
                    for n in range(3)
                ],
            )
        answer = await figures(resident, figure="sentiment", topic="environment")
        assert answer["rows"] == [
            {"label": "positive", "count": 3},
            {"label": "neutral", "count": 0},
            {"label": "negative", "count": 0},
        ]
        assert answer["filter"].startswith('feedback about "Environment"')


async def test_a_question_that_cannot_be_counted_is_refused(settings: Settings) -> None:
    """The model is told which argument to mend."""
    async with visit(settings, clock=lambda: NOW) as resident:
        answer = await figures(resident, incident_type="ufo")
        assert (answer["status"], answer["reason"]) == ("refused", "not_valid")
        assert "incident_type must be one of: pothole" in answer["instruction"]
        answer = await figures(resident, figure="average", period="last_decade")
        assert (answer["status"], answer["reason"]) == ("refused", "not_valid")


async def test_the_route_tells_the_same(settings: Settings) -> None:
    """The tool and GET /insights give one answer."""
    async with visit(settings) as resident:
        await add(resident, "pothole", "Mabini Street", 3)
        client = resident.server.client
        by_tool = await figures(
            resident, figure="top_places", incident_type="pothole", period="all"
        )
        asked = "figure=top_places&incident_type=pothole&period=all"
        response = await client.get(f"/insights?{asked}")
        assert response.json() == by_tool
        theft = await client.get("/insights?incident_type=theft&place=Mabini%20Street")
        assert theft.status_code == 200
        assert theft.json()["status"] == "withheld"
        assert (await client.get("/insights")).json()["total"] == 3


async def test_the_route_refuses_with_a_problem(settings: Settings) -> None:
    """What cannot be counted is a 422 that names each part."""
    async with visit(settings) as resident:
        for query, pointer in (
            ("figure=average", "/query/figure"),
            ("period=tomorrow", "/query/period"),
            ("kind=gossip", "/query/kind"),
            ("incident_type=ufo", "/query/incident_type"),
            ("topic=ufos", "/query/topic"),
            ("place=%00", "/query/place"),
            (f"place={'x' * 201}", "/query/place"),
            ("figure=trend", "/query/period"),
            ("figure=sentiment&kind=incident", "/query/kind"),
        ):
            response = await resident.server.client.get(f"/insights?{query}")
            problem = response.json()
            assert (response.status_code, problem["code"]) == (422, "validation"), query
            assert [each["pointer"] for each in problem["errors"]] == [pointer]


async def test_the_route_is_documented(sqlite_settings: Settings) -> None:
    """OpenAPI knows the two answers, every parameter and the problems."""
    async with visit(sqlite_settings) as resident:
        document = (await resident.server.client.get("/openapi.json")).json()
    operation = document["paths"]["/insights"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert [each["$ref"].rsplit("/", 1)[1] for each in schema["anyOf"]] == [
        "FigureAnswer",
        "FigureWithheld",
    ]
    assert {each["name"] for each in operation["parameters"]} == {
        "figure",
        "kind",
        "incident_type",
        "topic",
        "place",
        "period",
    }
    assert {"401", "422", "503"} <= operation["responses"].keys()
    assert set(document["components"]["schemas"]["Days"]["properties"]) == {"label", "from", "to"}
