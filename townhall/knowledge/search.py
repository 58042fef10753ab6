"""The search in the town's pages: what the desk knows, passage by passage, or nothing.

`refresh` stores the pages at the start; after that `search` notices changed files by itself.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.knowledge import index
from townhall.knowledge.index import StoredPassage, Vocabulary
from townhall.knowledge.pages import page_files, read_pages
from townhall.knowledge.ranking import rank, understand
from townhall.town import Town, TownConfigError

LOOK_EVERY = timedelta(seconds=2)  # how soon a changed page is found
QUERY_LIMIT_CHARS = 1000  # a question; the words after that change nothing

NO_WORDS = Vocabulary(0, {}, frozenset())

FileStamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Passage:
    """A part of a page that answers; `title` names page and section, `path` the file."""

    title: str
    path: str
    source: str
    text: str
    score: float


@dataclass
class _Seen:
    """What this process knows of one database's pages; a memory, never the truth."""

    town: Town | None = None
    stamps: FileStamps = ()
    looked_at: float = 0.0
    version: str = ""
    vocabulary: Vocabulary = NO_WORDS


_seen: WeakKeyDictionary[Database, _Seen] = WeakKeyDictionary()


async def refresh(database: Database, town: Town) -> int:
    """Store the town's pages where they changed; return how many pages that were.

    TownConfigError if a page has a mistake; then everything stays as it was.
    """
    seen = _seen.setdefault(database, _Seen())
    stamps = _stamps(town.folder)
    pages = read_pages(town.folder)
    async with database.reading() as connection:
        is_current = await index.is_current(connection, pages)
    changed = 0
    if not is_current:
        async with database.writing() as connection:
            changed = await index.store(connection, pages)
    seen.town, seen.stamps, seen.looked_at = town, stamps, time.monotonic()
    return changed


async def search(database: Database, query: str, limit: int = 4) -> list[Passage]:
    """Return at most `limit` passages that answer, best first; none where nothing is relevant."""
    await _look_for_changes(database)
    async with database.reading() as connection:
        seen = _seen.setdefault(database, _Seen())
        vocabulary = await _vocabulary(connection, seen)
        name = seen.town.name if seen.town else ""
        question = understand(query[:QUERY_LIMIT_CHARS], vocabulary, name)
        if not question.subjects:
            return []
        found = await index.find(connection, sorted(question.subjects))
    return [_answer(passage, score) for passage, score in rank(question, found, limit)]


async def _look_for_changes(database: Database) -> None:
    seen = _seen.get(database)
    now = time.monotonic()
    if seen is None or seen.town is None or now - seen.looked_at < LOOK_EVERY.total_seconds():
        return
    seen.looked_at = now  # before the first await: one look at a time
    stamps = _stamps(seen.town.folder)
    if stamps == seen.stamps:
        return
    try:
        await refresh(database, seen.town)
    except TownConfigError as error:
        # The desk goes on answering from the pages as they were, and tries when a file changes.
        seen.stamps = stamps
        structlog.get_logger().warning("knowledge_page_refused", reason=str(error))


async def _vocabulary(connection: AsyncConnection, seen: _Seen) -> Vocabulary:
    version = await index.stored_version(connection)
    if version != seen.version:
        seen.vocabulary = await index.read_vocabulary(connection)
        seen.version = version
    return seen.vocabulary


def _stamps(folder: Path) -> FileStamps:
    """Return what changes when a page does, without reading it."""
    states = ((path.name, path.stat()) for path in page_files(folder))
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _answer(passage: StoredPassage, score: float) -> Passage:
    title = f"{passage.title}: {passage.heading}" if passage.heading else passage.title
    return Passage(title, passage.path, passage.source, passage.text, round(score, 4))
