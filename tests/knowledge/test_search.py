"""The search in the pages, on both databases."""

import asyncio
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from tests.conftest import make_settings
from tests.knowledge.conftest import write_page
from tests.postgres import PostgresServer
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.knowledge import index
from townhall.knowledge import search as knowledge_search
from townhall.knowledge.search import Passage, refresh, search
from townhall.knowledge.tables import knowledge
from townhall.settings import Settings
from townhall.town import Town, TownConfigError, load_town

pytestmark = pytest.mark.anyio

QUESTIONS = tomllib.loads((Path(__file__).parent / "questions.toml").read_text(encoding="utf-8"))
KNOWN_WRONG = QUESTIONS.pop("known_wrong")
ANSWERED: list[list[str]] = [row for part in QUESTIONS.values() for row in part["first"]]
UNANSWERED: list[str] = [question for part in QUESTIONS.values() for question in part["nothing"]]

HOSTILE = [
    "",
    "   ",
    "?!",
    "\"'\\*()&|:<->",
    "library NEAR(a b) AND NOT {x} : y*",
    "'; DROP TABLE knowledge; --",
    "lib\0rary",
    "\ud800 library",
    "🙂🙂 ÅΩß İ",
    "ゴ" * 500,
    "library " * 1000,
    "x" * 8000,
    "123 456",
]


async def is_right(database: Database, question: str, *pages: str) -> bool:
    """Say whether one of `pages` comes first; without pages, whether nothing is found."""
    found = await search(database, question)
    return Path(found[0].path).stem in pages if found else not pages


@pytest.fixture
def looking_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search looks at the files, not only one in two seconds."""
    monkeypatch.setattr(knowledge_search, "LOOK_EVERY", timedelta(0))


async def test_the_right_page_comes_first(sample: Database) -> None:
    """Each question of residents that the pages answer is answered by the page that knows."""
    assert [row[0] for row in ANSWERED if not await is_right(sample, *row)] == []


async def test_nothing_is_said_where_nothing_is_known(sample: Database) -> None:
    """A question that no page answers finds nothing, so that the desk can say so."""
    assert [question for question in UNANSWERED if not await is_right(sample, question)] == []


async def test_few_questions_are_known_to_go_wrong(sample: Database) -> None:
    """The list of questions that go wrong is true, and no longer than one question in twenty."""
    rows = [*KNOWN_WRONG["first"], *([question] for question in KNOWN_WRONG["nothing"])]
    assert [row[0] for row in rows if await is_right(sample, *row)] == []
    assert len(rows) * 20 <= len(ANSWERED) + len(UNANSWERED)


async def test_both_databases_find_the_same(tmp_path: Path, postgres: PostgresServer) -> None:
    """Every question finds the same passages in the same order with the same scores on both."""

    async def answers(url: str) -> list[list[Passage]]:
        settings = make_settings(tmp_path).model_copy(update={"database_url": SecretStr(url)})
        database = Database.open(database_url(settings))
        try:
            await migrate(database)
            await refresh(database, load_town(None))
            questions = [*(row[0] for row in ANSWERED), *UNANSWERED]
            return [await search(database, question) for question in questions]
        finally:
            await database.close()

    with postgres.new_database() as url:
        assert await answers(url) == await answers(f"sqlite:///{tmp_path / 'same.db'}")


async def test_a_passage_carries_its_origin(empty: Database, town: Town) -> None:
    """A passage says its page and section, its file, its address and its own words."""
    await refresh(empty, town)
    found = await search(empty, "museum tickets")
    assert found[0] == Passage(
        title="Museum: Tickets",
        path="knowledge/museum.md",
        source="https://town.example/museum",
        text="A ticket is ₱20.",
        score=found[0].score,
    )


async def test_the_limit_is_kept(sample: Database) -> None:
    """No more passages than asked for come back, best first."""
    found = await search(sample, "water bill", limit=2)
    assert len(found) == 2
    assert found[0].score >= found[1].score


@pytest.mark.usefixtures("looking_always")
async def test_an_edited_page_answers_at_once(empty: Database, town: Town) -> None:
    """A page that was added, changed or removed is noticed by the next search."""
    await refresh(empty, town)
    assert await search(empty, "skating rink") == []
    write_page(town, "rink", "Skating rink", "Open in December.")
    assert [passage.text for passage in await search(empty, "skating rink")] == [
        "Open in December."
    ]
    write_page(town, "rink", "Skating rink", "Open in January, too.")
    assert [passage.text for passage in await search(empty, "skating rink")] == [
        "Open in January, too."
    ]
    (town.folder / "knowledge" / "rink.md").unlink()
    assert await search(empty, "skating rink") == []


@pytest.mark.usefixtures("looking_always")
async def test_a_broken_page_leaves_the_old_one(empty: Database, town: Town) -> None:
    """A mistake made while the desk is open is refused; the desk goes on with what it knew."""
    await refresh(empty, town)
    (town.folder / "knowledge" / "museum.md").write_text("no front matter", encoding="utf-8")
    assert (await search(empty, "museum tickets"))[0].text == "A ticket is ₱20."
    with pytest.raises(TownConfigError, match=r"^knowledge/museum\.md:1: "):
        await refresh(empty, town)


async def test_refresh_counts_what_changed(empty: Database, town: Town) -> None:
    """Only pages that changed are stored again, and removed ones go."""
    assert await refresh(empty, town) == 2
    assert await refresh(empty, town) == 0
    write_page(town, "tower", "Clock tower", "The tower is closed.")
    assert await refresh(empty, town) == 1
    (town.folder / "knowledge" / "tower.md").unlink()
    assert await refresh(empty, town) == 1
    assert await search(empty, "clock tower") == []


async def test_many_processes_store_a_page_once(settings: Settings, town: Town) -> None:
    """Workers that start together do the work once; none fails and nothing is there twice."""
    databases = [Database.open(database_url(settings)) for _ in range(4)]
    await migrate(databases[0])
    counts = await asyncio.gather(*(refresh(database, town) for database in databases))
    assert sorted(counts) == [0, 0, 0, 2]
    async with databases[0].reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(knowledge)) == 3
    for database in databases:
        await database.close()


async def test_another_process_sees_the_change(settings: Settings, town: Town) -> None:
    """A page stored by one worker is found by another, with its new words."""
    first, second = (Database.open(database_url(settings)) for _ in range(2))
    await migrate(first)
    await refresh(first, town)
    assert await search(second, "planetarium") == []
    write_page(town, "stars", "Planetarium", "Shows at 20:00.")
    await refresh(first, town)
    assert [passage.title for passage in await search(second, "planetarium")] == ["Planetarium"]
    await first.close()
    await second.close()


async def test_no_question_breaks_the_search(sample: Database) -> None:
    """Operators of the index, control characters and sheer length are only text."""
    for query in HOSTILE:
        assert isinstance(await search(sample, query), list), query[:40]


async def test_a_question_may_use_every_word_of_the_pages(sample: Database) -> None:
    """The longest question, all of it known words, is no more than the index can take."""
    async with sample.reading() as connection:
        spellings = (await index.read_vocabulary(connection)).spellings
    question = " ".join(sorted(spellings, key=lambda word: (len(word), word)))
    assert isinstance(await search(sample, question), list)


async def test_an_empty_index_knows_nothing(empty: Database) -> None:
    """Before any page is stored every question finds nothing."""
    assert await search(empty, "library") == []
