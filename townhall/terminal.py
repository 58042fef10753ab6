"""`townhall chat`: a conversation with the desk in a terminal, streamed as it is spoken."""

import asyncio

from rich.console import Console
from rich.text import Text

from townhall.access import Caller
from townhall.errors import TownHallError
from townhall.events import Activity, Notice, RecordFiled, RecordUpdated, TextDelta, TurnFailed
from townhall.frontdesk import FrontDesk, open_front_desk
from townhall.settings import Settings
from townhall.turns.admission import Message

DEVELOPER = Caller("local", None)


async def converse(settings: Settings, session_id: str | None, console: Console) -> None:
    """Talk until the end of input; the session can be continued later, here or by HTTP."""
    async with open_front_desk(settings) as desk:
        console.print(f"{desk.town.greeting}\n[dim]model {desk.model_name}; Ctrl+D ends[/dim]")
        while True:
            try:
                said = await asyncio.to_thread(console.input, "\n[bold]You:[/bold] ")
            except (EOFError, KeyboardInterrupt):
                break
            if said.strip():
                session_id = await _turn(desk, said, session_id, console)
        if session_id is not None:
            console.print(f"\n[dim]Continue with: townhall chat --session {session_id}[/dim]")


async def _turn(desk: FrontDesk, said: str, session_id: str | None, console: Console) -> str | None:
    try:
        turn = await desk.runner.accept(DEVELOPER, Message(text=said, session_id=session_id))
    except TownHallError as error:
        console.print(error.detail, style="red", markup=False)
        return session_id
    console.print("[bold]Desk:[/bold] ", end="")
    async for batch in desk.log.follow(turn.id):
        for _, event in batch:
            match event:
                case TextDelta():
                    console.print(Text(event.text), end="")
                case Notice():
                    console.print(Text(f"[{event.text}]"), style="bold red")
                case Activity(state="started"):
                    console.print(Text(f"({event.label} …) "), style="dim", end="")
                case RecordFiled() | RecordUpdated():
                    console.print(Text(f"({event.reference}) "), style="green", end="")
                case TurnFailed():
                    console.print(Text(str(event.problem["detail"])), style="red", end="")
    console.print()
    return turn.session_id
