"""A turn as ChatKit's thread items: the message, the reply with its sources, a card per record.

An item's id is the turn's with the part behind it, so that an item leads back to its turn.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from chatkit.actions import ActionConfig
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageItem,
    FileSource,
    InferenceOptions,
    ThreadItem,
    ThreadMetadata,
    URLSource,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
)
from chatkit.widgets import DynamicWidgetRoot

from townhall.events import RecordFiled, RecordUpdated, Source, Sources
from townhall.town import Town
from townhall.turns.sessions import Session
from townhall.turns.transcripts import StoredTurn

MESSAGE, REPLY = "message", "reply"
CORRECT_ACTION = "record.correct"  # a turn follows: what is wrong is in the field CORRECTION
CORRECTION = "correction"
REFRESH_ACTION = "record.refresh"  # the card as it is now
_ITEM_ID = re.compile(r"(turn_[0-9a-f]{32})\.(message|reply|[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4})")
# The reference and the status have their own place; the mood is the desk's own guess.
_NOT_ON_CARDS = {"reference", "status", "details", "sentiment"}

RecordEvent = RecordFiled | RecordUpdated


def item_id(turn_id: str, part: str) -> str:
    """Return the id of a turn's item; `part` is MESSAGE, REPLY or a record's reference."""
    return f"{turn_id}.{part}"


def read_item_id(text: str) -> tuple[str, str] | None:
    """Return turn id and part of an item's id; None if it is none of ours."""
    found = _ITEM_ID.fullmatch(text)
    return None if found is None else (found[1], found[2])


def thread_of(session: Session) -> ThreadMetadata:
    """Return the session as ChatKit's thread."""
    return ThreadMetadata(
        id=session.session_id, title=session.title or None, created_at=session.created_at
    )


def items_of(turn: StoredTurn, thread_id: str, town: Town) -> list[ThreadItem]:
    """Return the items of a turn in the order of the thread."""
    items: list[ThreadItem] = [message_item(turn, thread_id)]
    answered_at = turn.finished_at or turn.created_at
    if turn.reply:
        sources = [
            each for event in turn.shown if isinstance(event, Sources) for each in event.items
        ]
        items.append(reply_item(turn.id, thread_id, answered_at, turn.reply, sources))
    records = {each.reference: each for each in turn.shown if isinstance(each, RecordEvent)}
    for event in records.values():
        items.append(record_item(turn.id, thread_id, answered_at, event, town))
    return items


def message_item(turn: StoredTurn, thread_id: str) -> UserMessageItem:
    """Return what the resident wrote."""
    return UserMessageItem(
        id=item_id(turn.id, MESSAGE),
        thread_id=thread_id,
        created_at=turn.created_at,
        content=[UserMessageTextContent(text=turn.message)],
        inference_options=InferenceOptions(),
    )


def reply_item(
    turn_id: str, thread_id: str, at: datetime, text: str, sources: Iterable[Source]
) -> AssistantMessageItem:
    """Return the reply, with its sources as annotations at the end of the text."""
    content = AssistantMessageContent(
        text=text, annotations=[annotation(source, len(text)) for source in sources]
    )
    return AssistantMessageItem(
        id=item_id(turn_id, REPLY), thread_id=thread_id, created_at=at, content=[content]
    )


def annotation(source: Source, index: int) -> Annotation:
    """Return the source of an answer; `index` is the place in the text that it stands for."""
    if source.url.startswith(("https://", "http://")):
        link = URLSource(title=source.title, url=source.url, description=source.quote)
        return Annotation(source=link, index=index)
    page = FileSource(title=source.title, filename=source.path, description=source.quote)
    return Annotation(source=page, index=index)


def record_item(
    turn_id: str, thread_id: str, at: datetime, event: RecordEvent, town: Town
) -> WidgetItem:
    """Return the receipt of a record: its number, where it stands, what was understood."""
    return WidgetItem(
        id=item_id(turn_id, event.reference),
        thread_id=thread_id,
        created_at=at,
        widget=_card(event, town),
        copy_text=event.reference,
    )


def _card(event: RecordEvent, town: Town) -> DynamicWidgetRoot:
    status = str(event.record.get("status", "open"))
    rows = [
        _row(_component("Caption", value=name), _component("Text", value=value))
        for name, value in _fields(event.record, town)
    ]
    card = _component(
        "Card",
        key=event.reference,
        children=[
            _row(
                _component("Caption", value="Report" if event.kind == "incident" else "Feedback"),
                _component("Badge", label=_spaced(status), color=_COLOURS.get(status, "info")),
            ),
            _component("Title", value=event.reference),
            *rows,
            *([] if status == "withdrawn" else [_correction()]),
            _button("Where it stands", onClickAction=_action(REFRESH_ACTION, streaming=False)),
        ],
    )
    return DynamicWidgetRoot.model_validate(card)


def _component(kind: str, **properties: object) -> dict[str, object]:
    return {"type": kind, **properties}


def _row(*children: dict[str, object]) -> dict[str, object]:
    return _component("Row", justify="between", gap=3, children=list(children))


def _correction() -> dict[str, object]:
    return _component(
        "Form",
        direction="row",
        gap=3,
        onSubmitAction=_action(CORRECT_ACTION),
        children=[
            _component("Input", name=CORRECTION, placeholder="What is wrong?", required=True),
            _button("Correct this", submit=True),
        ],
    )


def _button(label: str, **properties: object) -> dict[str, object]:
    return _component("Button", label=label, variant="outline", **properties)


def _action(name: str, *, streaming: bool = True) -> dict[str, object]:
    return ActionConfig(type=name, streaming=streaming).model_dump(exclude_none=True)


_COLOURS = {
    "open": "info",
    "in_progress": "warning",
    "resolved": "success",
    "withdrawn": "secondary",
}


def _fields(record: dict[str, object], town: Town) -> list[tuple[str, str]]:
    fields = [
        (_spaced(name), _named(name, str(value), town))
        for name, value in record.items()
        if name not in _NOT_ON_CARDS and value not in (None, "")
    ]
    details = record.get("details")
    if isinstance(details, list):
        fields += [(_spaced(str(each["code"])), str(each["value"])) for each in details]
    return fields


def _named(name: str, value: str, town: Town) -> str:
    find = {"incident_type": town.incident_type, "topic": town.feedback_topic}.get(name)
    known = find(value) if find else None
    return known.name if known else value


def _spaced(code: str) -> str:
    # "licence_plate" as people write it.
    return code.replace("_", " ").capitalize()
