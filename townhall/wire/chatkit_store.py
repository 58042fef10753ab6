"""ChatKit's Store on our sessions and turns: a thread is a session, its items are its turns.

ChatKit's server does not ask whose a thread is; every method here does. What is said is written
by turns alone, so the methods that would write items refuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from chatkit.store import Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

from townhall.access import Caller
from townhall.errors import NotFound, ValidationFailed
from townhall.frontdesk import FrontDesk
from townhall.turns.transcripts import StoredTurn
from townhall.wire.chatkit_items import items_of, read_item_id, thread_of

MAX_PAGE = 100  # items or threads; a card is about 1 KB


@dataclass(frozen=True)
class Visitor:
    """Who asks, and for which of its users a local caller does."""

    caller: Caller
    user_id: str | None = None


class TurnStore(Store[Visitor]):
    """The threads of all visitors, as far as each may see them."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk

    async def load_thread(self, thread_id: str, context: Visitor) -> ThreadMetadata:
        """Return the thread, or NotFound."""
        session, _ = await self._desk.sessions.get(context.caller, thread_id, context.user_id)
        return thread_of(session)

    async def save_thread(self, thread: ThreadMetadata, context: Visitor) -> None:
        """Keep the thread's title; nothing else of a thread can change."""
        thread.title = await self._desk.sessions.rename(
            context.caller, thread.id, thread.title or "", context.user_id
        )

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Visitor
    ) -> Page[ThreadMetadata]:
        """Return the threads in which something was said, by their latest activity."""
        page = await self._desk.sessions.list(
            context.caller,
            context.user_id,
            _capped(limit),
            after,
            oldest_first=order == "asc",
            only_begun=True,
        )
        threads = [thread_of(session) for session in page.items]
        return Page(data=threads, has_more=page.next is not None, after=page.next)

    async def delete_thread(self, thread_id: str, context: Visitor) -> None:
        """Delete the thread with all that was said; filed records stay, unlinked."""
        await self._desk.sessions.delete(context.caller, thread_id, context.user_id)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Visitor
    ) -> Page[ThreadItem]:
        """Return the items after the item `after`, in the order asked for."""
        limit = _capped(limit)
        newest_first = order == "desc"
        first: list[ThreadItem] = []
        cursor: str | None = None
        if after is not None:
            # The page begins with what is left of the turn in which the last one ended.
            turn = await self.find_turn(thread_id, after, context)
            items = list(self._items(turn, thread_id, newest_first=newest_first))
            place = next((n for n, item in enumerate(items) if item.id == after), len(items))
            first, cursor = items[place + 1 :], str(turn.seq)
        page = await self._desk.transcripts.read(
            context.caller, thread_id, context.user_id, limit, cursor, newest_first=newest_first
        )
        later = [
            item
            for turn in page.items
            for item in self._items(turn, thread_id, newest_first=newest_first)
        ]
        found = [*first, *later]
        data = found[:limit]
        return Page(
            data=data,
            has_more=len(found) > limit or page.next is not None,
            after=data[-1].id if data else None,
        )

    async def load_item(self, thread_id: str, item_id: str, context: Visitor) -> ThreadItem:
        """Return the item, or NotFound."""
        turn = await self.find_turn(thread_id, item_id, context)
        for item in self._items(turn, thread_id):
            if item.id == item_id:
                return item
        raise NotFound("There is no such item.")

    async def find_turn(self, thread_id: str, item_id: str, context: Visitor) -> StoredTurn:
        """Return the turn that an item is of, or NotFound."""
        known = read_item_id(item_id)
        if known is None:
            await self.load_thread(thread_id, context)
            raise NotFound("There is no such item.")
        _, turn = await self._desk.transcripts.find(
            context.caller, thread_id, known[0], context.user_id
        )
        return turn

    def _items(
        self, turn: StoredTurn, thread_id: str, *, newest_first: bool = False
    ) -> Iterator[ThreadItem]:
        items = items_of(turn, thread_id, self._desk.town)
        return reversed(items) if newest_first else iter(items)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Visitor) -> None:
        """Refuse."""
        _refuse("items")

    async def save_item(self, thread_id: str, item: ThreadItem, context: Visitor) -> None:
        """Refuse."""
        _refuse("items")

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Visitor) -> None:
        """Refuse."""
        _refuse("items")

    async def save_attachment(self, attachment: Attachment, context: Visitor) -> None:
        """Refuse."""
        _refuse("attachments")

    async def load_attachment(self, attachment_id: str, context: Visitor) -> Attachment:
        """Refuse."""
        _refuse("attachments")

    async def delete_attachment(self, attachment_id: str, context: Visitor) -> None:
        """Refuse."""
        _refuse("attachments")


def _capped(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def _refuse(what: Literal["items", "attachments"]) -> NoReturn:
    raise ValidationFailed(f"The desk takes no {what} but the messages of residents.")
