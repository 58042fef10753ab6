"""Writes docs/conversations.md: three conversations as the built-in clerk really answers.

`make conversations` runs it; a test runs it too and compares, so the page cannot go stale.
Reference numbers are random, so the page shows them as INC-XXXX-XXXX.
"""

import asyncio
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from townhall.access import Caller
from townhall.events import TextDelta
from townhall.frontdesk import FrontDesk, open_front_desk
from townhall.settings import Settings
from townhall.turns.admission import Message

PAGE = Path(__file__).with_name("conversations.md")
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Riverbend
CONVERSATIONS = {
    "A report, corrected": (
        "Good morning!",
        "The streetlight at the corner of Oak Street and 5th has been out since Friday.",
        "no, it was on Elm Street not Oak",
        "Yes. I'm Lito Ramos, that's all.",
        "Thank you!",
    ),
    "Praise and an incident in one message, and a question in between": (
        (
            "The new bike lanes on Roxas Boulevard are wonderful, well done. But one of the "
            "bollards near the fountain got knocked over on Sunday and is lying in the lane."
        ),
        "When is my garbage collected in Poblacion?",
        "Yes, that's right. Nothing else.",
    ),
    "A question and figures": (
        "What time does the city hall cashier open on Saturdays?",
        "And how much is a parking permit for residents?",
        "How many street lights were reported this month?",
        "What did I just say?",
    ),
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(asyncio.run(conversations()), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")


async def conversations() -> str:
    """Return the page, played on a desk of its own with a fixed clock."""
    parts = [
        "# Conversations",
        (
            "As the built-in clerk answers, without a key and without a network. Made by `make "
            "conversations`; the day is Tuesday, 10 March 2026, and the town is the sample town."
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None).model_copy(
            update={
                "data": Path(folder),
                "database_url": None,
                "model": "clerk",
                "town": None,
                "traces": "off",
            }
        )
        async with open_front_desk(settings, clock=lambda: NOW) as desk:
            for number, (title, messages) in enumerate(CONVERSATIONS.items(), 1):
                parts.append(f"## {title}")
                parts += [await _turn(desk, f"conversation-{number}", said) for said in messages]
    page = "\n\n".join(parts) + "\n"
    return re.sub(r"\b(INC|FBK)-\w{4}-\w{4}\b", r"\1-XXXX-XXXX", page)


async def _turn(desk: FrontDesk, session_id: str, said: str) -> str:
    turn = await desk.runner.accept(Caller("local", None), Message(said, session_id=session_id))
    reply = ""
    async for batch in desk.log.follow(turn.id):
        reply += "".join(event.text for _, event in batch if isinstance(event, TextDelta))
    quoted = "\n".join(f"> {line}".rstrip() for line in reply.splitlines())
    return f"**Resident:** {said}\n\n{quoted}"


if __name__ == "__main__":
    main()
