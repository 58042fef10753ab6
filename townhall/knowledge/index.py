"""The stored passages and their full-text index: all SQL of the knowledge.

The databases differ in the statement that asks the index. What they find is the same, because the
terms of pages and questions are made by `words.py`; the order is made by `ranking.py`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.knowledge import words
from townhall.knowledge.pages import Page
from townhall.knowledge.tables import knowledge

INDEX_LOCK = 4_852_018  # any number that is ours alone: Postgres' advisory lock
CANDIDATE_LIMIT = 400  # passages that are ranked; the index has found them, not judged them

_SQLITE_MATCH = text(
    "SELECT page, position, title, heading, source, text, terms FROM knowledge"
    " WHERE id IN (SELECT rowid FROM knowledge_index WHERE knowledge_index MATCH :query"
    " ORDER BY rank LIMIT :limit)"
)
_POSTGRES_MATCH = text(
    "SELECT page, position, title, heading, source, text, terms FROM knowledge"
    " WHERE index_terms @@ CAST(:query AS tsquery)"
    " ORDER BY ts_rank(index_terms, CAST(:query AS tsquery)) DESC LIMIT :limit"
)


@dataclass(frozen=True)
class StoredPassage:
    """A passage as the table holds it, with the terms of its title, heading and text."""

    path: str
    position: int
    title: str
    heading: str
    source: str
    text: str
    terms: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """In how many of all passages each term occurs, and how known words are spelled."""

    passages: int
    counts: Mapping[str, int]
    spellings: frozenset[str]


async def is_current(connection: AsyncConnection, pages: Sequence[Page]) -> bool:
    """Say whether exactly these pages are stored, in this form."""
    return await _stored_digests(connection) == _digests(pages)


async def store(connection: AsyncConnection, pages: Sequence[Page]) -> int:
    """Make these the stored pages; return how many were changed, added or removed.

    Needs a writing transaction. Several processes may do it at once: the second finds it done.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({INDEX_LOCK})"))
    stored, wanted = await _stored_digests(connection), _digests(pages)
    stale = [path for path in stored if stored[path] != wanted.get(path)]
    fresh = [page for page in pages if stored.get(page.path) != wanted[page.path]]
    if stale:
        await connection.execute(delete(knowledge).where(knowledge.c.page.in_(stale)))
    rows = [row for page in fresh for row in _rows(page, wanted[page.path])]
    if rows:
        await connection.execute(insert(knowledge), rows)
    return len({*stale, *(page.path for page in fresh)})


async def stored_version(connection: AsyncConnection) -> str:
    """Return what changes whenever any stored page does."""
    digests = sorted((await _stored_digests(connection)).items())
    return hashlib.sha256(repr(digests).encode()).hexdigest()


async def read_vocabulary(connection: AsyncConnection) -> Vocabulary:
    """Return the vocabulary of all passages."""
    columns = (knowledge.c.title, knowledge.c.heading, knowledge.c.text, knowledge.c.terms)
    rows = (await connection.execute(select(*columns))).all()
    spellings = (words.spelled(part) for row in rows for part in row[:3])
    return Vocabulary(
        passages=len(rows),
        counts=Counter(term for row in rows for term in set(row.terms.split())),
        spellings=words.table().spellings.union(*spellings),
    )


async def find(connection: AsyncConnection, terms: Iterable[str]) -> list[StoredPassage]:
    """Return the passages with at least one of the terms, in no order that means anything."""
    is_postgres = connection.dialect.name == "postgresql"
    quote, either = ("'", " | ") if is_postgres else ('"', " OR ")
    query = either.join(f"{quote}{term}{quote}" for term in terms)
    found = await connection.execute(
        _POSTGRES_MATCH if is_postgres else _SQLITE_MATCH,
        {"query": query, "limit": CANDIDATE_LIMIT},
    )
    return [_passage(row) for row in found.mappings()]


async def _stored_digests(connection: AsyncConnection) -> dict[str, str]:
    first = select(knowledge.c.page, knowledge.c.digest).where(knowledge.c.position == 0)
    return {row.page: row.digest for row in await connection.execute(first)}


def _digests(pages: Sequence[Page]) -> dict[str, str]:
    form = words.table_digest()
    return {
        page.path: hashlib.sha256(f"{page.digest}{form}".encode()).hexdigest() for page in pages
    }


def _rows(page: Page, digest: str) -> list[dict[str, object]]:
    return [
        {
            "page": page.path,
            "position": position,
            "digest": digest,
            "title": page.title,
            "heading": section.heading,
            "source": page.source,
            "text": section.text,
            "terms": "\n".join(
                " ".join(words.terms(part)) for part in (page.title, section.heading, section.text)
            ),
        }
        for position, section in enumerate(page.sections)
    ]


def _passage(row: RowMapping) -> StoredPassage:
    of_title, of_heading, of_text = (tuple(line.split()) for line in row["terms"].split("\n"))
    return StoredPassage(
        path=row["page"],
        position=row["position"],
        title=row["title"],
        heading=row["heading"],
        source=row["source"],
        text=row["text"],
        terms=(of_title, of_heading, of_text),
    )
