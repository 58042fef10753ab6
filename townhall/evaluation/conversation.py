"""Plays one case at a front desk: the resident's turns, then what the desk still asks for."""

import time
from dataclasses import dataclass, field

from townhall.access import Caller, new_anonymous_user
from townhall.evaluation.answers import answer, closing
from townhall.evaluation.cases import Case, ExpectedRecord
from townhall.evaluation.matching import match
from townhall.evaluation.played import Exchange, PlayedCase
from townhall.evaluation.storage import stored_records, tool_outputs
from townhall.events import TextDelta, TurnEvent, TurnRestarted
from townhall.frontdesk import FrontDesk
from townhall.turns.admission import Message

EXTRA_TURNS = 6


async def play(desk: FrontDesk, case: Case) -> PlayedCase:
    """Return how the conversation went, told by the clock of the case.

    While something expected is not filed, the resident answers the desk's questions from what
    `expect` knows, at most `EXTRA_TURNS` times.
    """
    began = time.monotonic()
    talk = _Talk(desk, case)
    for text in case.turns:
        await talk.say(text)
    for _ in range(EXTRA_TURNS):
        missing = await talk.missing()
        last = talk.exchanges[-1]
        if not missing or last.problem is not None:
            break
        said = answer(last.reply, case, missing)
        if said == last.said == closing(case):
            break  # the desk asks nothing and files nothing
        await talk.say(said)
    return PlayedCase(
        case=case,
        exchanges=tuple(talk.exchanges),
        records=await stored_records(desk.database, talk.session_key),
        tool_outputs=await tool_outputs(desk.database, talk.session_key),
        seconds=round(time.monotonic() - began, 3),
    )


@dataclass
class _Talk:
    """One resident in one session of the desk."""

    desk: FrontDesk
    case: Case
    exchanges: list[Exchange] = field(default_factory=list)
    caller: Caller = field(default_factory=lambda: Caller("anonymous", new_anonymous_user()))
    session_id: str | None = None
    session_key: int = 0

    async def say(self, text: str) -> None:
        """Send a message and wait for the end of its turn."""
        message = Message(text, session_id=self.session_id)
        turn = await self.desk.runner.accept(self.caller, message, sent_at=self.case.now)
        self.session_id, self.session_key = turn.session_id, turn.session_key
        events = [event async for batch in self.desk.log.follow(turn.id) for _, event in batch]
        self.exchanges.append(Exchange(text, _reply(events), tuple(events)))

    async def missing(self) -> tuple[ExpectedRecord, ...]:
        """Return what is expected and not filed yet."""
        if not self.case.expect.records:
            return ()
        records = await stored_records(self.desk.database, self.session_key)
        return match(self.case.expect, records).missing


def _reply(events: list[TurnEvent]) -> str:
    text = ""
    for event in events:
        if isinstance(event, TurnRestarted):
            text = ""
        elif isinstance(event, TextDelta):
            text += event.text
    return text
