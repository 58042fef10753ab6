"""What every command needs: the settings, a database, an event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from pydantic import ValidationError

from townhall.db.engine import Database, database_url
from townhall.settings import Settings

T = TypeVar("T")


def read_settings() -> Settings:
    """Return the settings of this environment; ValueError that names what is wrong in them."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ValueError("\n".join(["The settings are not valid:", *lines])) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do `work` to its end."""
    return asyncio.run(work)


async def with_database(settings: Settings, work: Any) -> Any:
    """Open the database that the settings name for `work`, and close it."""
    database = Database.open(database_url(settings))
    try:
        return await work(database)
    finally:
        await database.close()
