"""A database that holds the sample town's pages, on either engine, and a town to edit."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.knowledge.search import refresh
from townhall.settings import Settings
from townhall.town import Town, copy_sample_town, load_town


@pytest.fixture
async def empty(settings: Settings) -> AsyncIterator[Database]:
    """A database with the schema and no pages."""
    database = Database.open(database_url(settings))
    await migrate(database)
    yield database
    await database.close()


@pytest.fixture
async def sample(empty: Database) -> Database:
    """A database with the sample town's pages."""
    await refresh(empty, load_town(None))
    return empty


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A town with two small pages that a test may change."""
    folder = tmp_path / "town"
    copy_sample_town(folder)
    shutil.rmtree(folder / "knowledge")
    (folder / "knowledge").mkdir()
    town = load_town(folder)
    write_page(town, "tower", "Clock tower", "The tower may be climbed on Sundays.")
    write_page(town, "museum", "Museum", "Paintings of the river.\n\n## Tickets\nA ticket is ₱20.")
    return town


def write_page(town: Town, name: str, title: str, body: str) -> None:
    """Write or replace a page of the town."""
    front = f"---\ntitle: {title}\nsource: https://town.example/{name}\nupdated: 2026-03-01\n---\n"
    (town.folder / "knowledge" / f"{name}.md").write_text(front + body, encoding="utf-8")
