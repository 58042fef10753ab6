"""GET /town: what a page needs to speak for the town. Nothing in it is private."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from townhall.routes.dependencies import Desk
from townhall.town import Contact, Emergency, Theme, Town

router = APIRouter(tags=["town"])


class NamedCode(BaseModel):
    """A code that records carry, and what people call it."""

    code: str
    name: str


class TownProfile(BaseModel):
    """The town as its pages show it."""

    name: str
    timezone: str
    languages: Annotated[list[str], Field(description="The main one first.", examples=[["en"]])]
    greeting: str
    suggested_questions: list[str]
    contact: Contact
    emergency: Emergency
    theme: Theme
    incident_types: list[NamedCode]
    feedback_topics: list[NamedCode]
    chatkit_domain_key: str = Field(description="For OpenAI's ChatKit widget; public.")


@router.get("/town")
async def town(desk: Desk, response: Response) -> TownProfile:
    """Say which town this is. Open to everybody."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return _profile(desk.town, desk.settings.chatkit_domain_key)


def _profile(town: Town, chatkit_domain_key: str) -> TownProfile:
    return TownProfile(
        name=town.name,
        timezone=town.timezone,
        languages=list(town.languages),
        greeting=town.greeting,
        suggested_questions=list(town.suggested_questions),
        contact=town.contact,
        emergency=town.emergency,
        theme=town.theme,
        incident_types=[NamedCode(code=e.code, name=e.name) for e in town.incident_types],
        feedback_topics=[NamedCode(code=e.code, name=e.name) for e in town.feedback_topics],
        chatkit_domain_key=chatkit_domain_key,
    )
