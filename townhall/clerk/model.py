"""The clerk as a model: deterministic, without key and network, with the same tools as any other.

A pure function of its input: the dialogue is derived anew from the items on every call.
"""

from collections.abc import Sequence
from datetime import datetime

from townhall.clerk.conversation import ToolCall, turns_of
from townhall.clerk.dialogue import Dialogue
from townhall.clerk.replies import Speaker
from townhall.clerk.speech import Answer, BuiltInModel, Call, Item
from townhall.town import Town


class ClerkModel(BuiltInModel):
    """A clerk for one turn; `now` is aware."""

    name = "clerk"

    def __init__(self, town: Town, now: datetime) -> None:
        self._town = town
        self._now = now.astimezone(town.zone)

    def answer(self, items: Sequence[Item], tools: Sequence[str]) -> Answer:
        """Return the reply to the last message of `items`, or the tools to call for it."""
        turns = turns_of(items, self._now, self._town.emergency.number)
        if not turns:
            return Answer()
        dialogue = Dialogue(self._town, self._now, tools)
        for turn in turns[:-1]:
            dialogue.hear(turn)
            dialogue.learn(turn.calls)
        decision = dialogue.hear(turns[-1])
        done = turns[-1].calls
        if waiting := [*_not_yet_made(decision.calls, done), *_mended(done)]:
            return Answer(calls=tuple(Call(each.name, each.arguments) for each in waiting))
        dialogue.learn(done)
        speaker = Speaker(self._town, dialogue.state, self._now.date())
        return Answer(text=speaker.reply(decision, [each for each in done if not _may_mend(each)]))


# A field that is not needed, by the reason for which a call with it is refused.
_NOT_NEEDED = {
    "reporter_name_not_said": "reporter_name",
    "person_involved_not_said": "person_involved",
}


def _may_mend(call: ToolCall) -> bool:
    return str((call.result or {}).get("reason")) in _NOT_NEEDED


def _mended(done: Sequence[ToolCall]) -> list[ToolCall]:
    """Return the refused calls without the field that they were refused for, once each."""
    mended = []
    for call in filter(_may_mend, done):
        field = _NOT_NEEDED[str((call.result or {})["reason"])]
        again = ToolCall(call.name, {**call.arguments, field: None})
        if not any((each.name, each.arguments) == (again.name, again.arguments) for each in done):
            mended.append(again)
    return mended


def _not_yet_made(planned: Sequence[ToolCall], done: Sequence[ToolCall]) -> list[ToolCall]:
    """Return the planned calls that this turn has not made; a refused one is not made again."""
    names = [call.name for call in done]
    waiting = []
    for call in planned:
        if call.name in names:
            names.remove(call.name)
        else:
            waiting.append(call)
    return waiting
