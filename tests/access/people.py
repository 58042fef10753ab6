"""People at a running desk: each with what they send to prove who they are."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select

from tests.server import Running
from townhall.db.tables import sessions, turns


@dataclass(frozen=True)
class Person:
    """Somebody with a token, or nobody without one. `user_id` is theirs."""

    server: Running
    token: str | None = None
    user_id: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What their browser sends."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request as this person."""
        request["headers"] = self.headers | request.get("headers", {})
        return await self.server.client.request(method, path, **request)

    async def say(self, message: str, session_id: str | None = None) -> dict[str, Any]:
        """Send a message and return the whole answer, with the id of the turn."""
        body = {"message": message} | ({"session_id": session_id} if session_id else {})
        as_json = {"Accept": "application/json"}
        response = await self.ask("POST", "/chat", json=body, headers=as_json)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


async def anonymous(server: Running) -> Person:
    """Return a new anonymous resident."""
    created = (await server.client.post("/sessions/create")).raise_for_status().json()
    return Person(server, created["token"], created["user_id"])


async def rows(server: Running) -> tuple[int, int]:
    """Return how many sessions and turns there are."""
    async with server.desk.database.reading() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table))
            for table in (sessions, turns)
        ]
    return counts[0] or 0, counts[1] or 0
