"""What is answered: a figure always with its number, its period and its filter, in words."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from townhall.insights.guard import (
    FEWEST,
    Counts,
    asks_for_guarded,
    leaves_out_few,
    without_few,
)
from townhall.insights.periods import Span
from townhall.insights.questions import NAMES, Figure, Question, kinds_of
from townhall.town import Town


class Days(BaseModel):
    """The period that was counted; `from` is null for all time, `to` is its last day so far."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    label: str = Field(examples=["this month (1 to 10 March 2026)"])
    first: date | None = Field(alias="from")
    last: date = Field(alias="to")


class PreviousTotal(BaseModel):
    """The period before, as far as it is comparable."""

    model_config = ConfigDict(frozen=True)

    label: str = Field(examples=["last month up to the same day and time (1 to 10 February 2026)"])
    total: int


class FigureRow(BaseModel):
    """A part of the total."""

    model_config = ConfigDict(frozen=True)

    label: str
    count: int


class FigureAnswer(BaseModel):
    """A figure with its period and its filter in words. `previous` is there for a trend only."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok"] = "ok"
    figure: Figure
    period: Days
    filter: str = Field(examples=['incidents of the type "Noise", without withdrawn ones'])
    total: int
    previous: PreviousTotal | None = None
    rows: list[FigureRow] = Field(default=[], description="Most frequent first, at most 10.")


class FigureWithheld(BaseModel):
    """The figure could point at somebody."""

    model_config = ConfigDict(frozen=True)

    status: Literal["withheld"] = "withheld"
    reason: str


TOP = 10  # rows of a ranking
ROWS: dict[str, dict[str, str]] = {
    "count": {str(kind): name for kind, name in NAMES.items()},
    "status": {"open": "open", "in_progress": "in progress", "resolved": "resolved"},
    "sentiment": {"positive": "positive", "neutral": "neutral", "negative": "negative"},
}


def figure_answer(
    question: Question, town: Town, span: Span, before: Span | None, counts: Counts
) -> FigureAnswer | FigureWithheld:
    """Return the answer that the counts give; `before` is the period that a trend compares."""
    told = without_few(question, town, counts)
    if told is None:
        return _withheld(question, town)
    shown: Counter[str] = Counter()
    for (bucket, _), n in told.items():
        shown[bucket] += n
    if before is None:
        return _answer(question, town, span, shown.total(), rows=_rows(question, town, told, shown))
    previous = PreviousTotal(label=before.label, total=shown["before"])
    return _answer(question, town, span, shown["now"], previous=previous)


def places_answer(
    question: Question, town: Town, span: Span, places: Sequence[tuple[str, int]], total: int
) -> FigureAnswer | FigureWithheld:
    """Return the ranking of places, most reports first; `total` are the reports at any place."""
    if not places and asks_for_guarded(question, town):
        return _withheld(question, town)
    rows = [FigureRow(label=place, count=n) for place, n in places]
    return _answer(question, town, span, total, rows=rows)


def _answer(
    question: Question,
    town: Town,
    span: Span,
    total: int,
    *,
    previous: PreviousTotal | None = None,
    rows: Sequence[FigureRow] = (),
) -> FigureAnswer:
    return FigureAnswer(
        figure=question.figure,
        period=Days(label=span.label, first=span.first, last=span.last),
        filter=_filter(question, town),
        total=total,
        previous=previous,
        rows=list(rows),
    )


def _withheld(question: Question, town: Town) -> FigureWithheld:
    name = _type_name(town, question.incident_type or "")
    return FigureWithheld(
        reason=f'Reports of the type "{name}" are told by place only where there are at least '
        f"{FEWEST} in the period, to protect the people concerned."
    )


def _rows(question: Question, town: Town, told: Counts, shown: Counter[str]) -> Sequence[FigureRow]:
    if question.figure == "top_types":
        return _ranked_types(question, town, told)
    if question.figure == "count" and question.kind is not None:
        return ()
    labels = ROWS[question.figure]
    return [FigureRow(label=label, count=shown[bucket]) for bucket, label in labels.items()]


def _ranked_types(question: Question, town: Town, told: Counts) -> list[FigureRow]:
    hides_few = question.place is not None
    ranked = sorted(
        (-n, code)
        for (code, is_guarded), n in told.items()
        if not (hides_few and is_guarded and n < FEWEST)
    )
    name = _topic_name if question.kind == "feedback" else _type_name
    return [FigureRow(label=name(town, code), count=-n) for n, code in ranked[:TOP]]


def _filter(question: Question, town: Town) -> str:
    words = " and ".join(NAMES[kind] for kind in kinds_of(question))
    if question.incident_type is not None:
        words += f' of the type "{_type_name(town, question.incident_type)}"'
    if question.topic is not None:
        words += f' about "{_topic_name(town, question.topic)}"'
    if question.place is not None:
        words += f' at "{question.place.strip()}"'
    words += ", by date of report, without withdrawn ones"
    if leaves_out_few(question, town):
        words += f"; crimes and private matters by place only from {FEWEST} on"
    return words


def _type_name(town: Town, code: str) -> str:
    kind = town.incident_type(code)
    return code if kind is None else kind.name


def _topic_name(town: Town, code: str) -> str:
    topic = town.feedback_topic(code)
    return code if topic is None else topic.name
