"""Answering from what the town knows: the status of a report, its pages, its figures."""

import json

from agents import function_tool

from townhall.assistant.tools.refusals import Context, on_failure, refusal
from townhall.errors import ValidationFailed
from townhall.events import Source, Sources
from townhall.insights.figures import count_figure
from townhall.insights.periods import Period
from townhall.insights.questions import Figure, Kind, Question
from townhall.knowledge.search import Passage, search
from townhall.records.status import find_status

QUERY_CHARACTERS = 500  # of a question to the pages
QUOTE_CHARACTERS = 240  # of a passage, as a source shows it


@function_tool(failure_error_function=on_failure)
async def look_up_report(ctx: Context, reference: str) -> str:
    """Tell where a report stands, whoever filed it.

    Args:
        ctx: The turn.
        reference: The reference number as the resident wrote it.
    """
    context = ctx.context
    found = await find_status(context.filing.database, reference)
    if found is None:
        return json.dumps({"status": "not_found"})
    return json.dumps(
        {
            "status": "found",
            "kind": found.kind,
            "reference": found.reference,
            "state": found.state,
            "updated_at": found.updated_at.astimezone(context.town.zone).date().isoformat(),
        }
    )


@function_tool(failure_error_function=on_failure)
async def search_town_information(ctx: Context, query: str) -> str:
    """Search the town's own pages: offices, hours, fees, rules, services, events.

    Answer only from the passages and name the page; if nothing is found, say that you do not know
    and give the contact.

    Args:
        ctx: The turn.
        query: What the resident wants to know, in a few words or as they asked it.
    """
    context = ctx.context
    if len(query) > QUERY_CHARACTERS or not query.replace("\n", " ").isprintable():
        return refusal("not_valid", f"Ask in plain words, at most {QUERY_CHARACTERS} characters.")
    passages = await search(context.filing.database, query)
    if not passages:
        contact = context.town.contact
        reached = f"{contact.phone}, {contact.email} ({contact.hours})"
        return json.dumps({"status": "nothing_found", "contact": reached}, ensure_ascii=False)
    context.emit(Sources(items=tuple(_source(passage) for passage in passages)))
    told = [
        {"title": each.title, "path": each.path, "source": each.source, "text": each.text}
        for each in passages
    ]
    return json.dumps({"status": "found", "passages": told}, ensure_ascii=False)


@function_tool(failure_error_function=on_failure)
async def town_figures(
    ctx: Context,
    figure: Figure,
    kind: Kind | None,
    incident_type: str | None,
    topic: str | None,
    place: str | None,
    period: Period,
) -> str:
    """Count what was reported. Every number that you tell comes from here, with period and filter.

    Args:
        ctx: The turn.
        figure: count: how many; trend: against the period before; top_types and top_places: most
            frequent; status: open against resolved; sentiment: how people feel, by their feedback.
        kind: incident or feedback; null for both.
        incident_type: A code of the taxonomy; null for all.
        topic: A code of the feedback topics; null for all.
        place: A street or place by name; null for the whole town. Incidents only.
        period: When it was reported.
    """
    context = ctx.context
    question = Question(
        figure=figure,
        period=period,
        kind=kind,
        incident_type=incident_type or None,
        topic=topic or None,
        place=place or None,
    )
    try:
        answer = await count_figure(context.filing.database, context.town, question, context.now)
    except ValidationFailed as error:
        wrong = [f"{each.pointer.removeprefix('/query/')} {each.reason}" for each in error.errors]
        return refusal("not_valid", f"Mend these arguments and call again: {'; '.join(wrong)}")
    return answer.model_dump_json(by_alias=True)


def _source(passage: Passage) -> Source:
    quote = " ".join(passage.text.split())
    if len(quote) > QUOTE_CHARACTERS:
        quote = quote[:QUOTE_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return Source(title=passage.title, path=passage.path, url=passage.source, quote=quote)
