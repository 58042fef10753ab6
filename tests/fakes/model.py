"""What the fake model server knows: its rules, the requests it got and what became of them."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import orjson

from tests.fakes.answers import Answer, Api, Request, Rule
from tests.fakes.frames import MODEL
from tests.fakes.scripts import Script, http_error, http_json, make_scripts

_STREAM = re.compile(rb'"stream" *: *true')


@dataclass
class Stats:
    """What happened so far; `broken` answers ended by script, `dropped` ones by the client."""

    requests: int = 0
    completed: int = 0
    broken: int = 0
    dropped: int = 0
    open_now: int = 0
    open_max: int = 0


class FakeModel:
    """Picks the answers: by `rules`, and `default` where none fits.

    `requests` are the last `keep` of them, oldest first.
    """

    def __init__(self, rules: Sequence[Rule], default: Answer, keep: int) -> None:
        self.requests: deque[Request] = deque(maxlen=keep)
        self.stats = Stats()
        self._rules = [(rule, make_scripts(rule.reply)) for rule in rules]
        self._left = [rule.times for rule in rules]
        self._default = make_scripts(default)
        self._instead: dict[tuple[Api, bool], Script] | None = None
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[Stats], bool], *, seconds: float = 10) -> None:
        """Wait until `holds(stats)`; TimeoutError after so many seconds."""
        async with asyncio.timeout(seconds):
            while not holds(self.stats):
                self._changed.clear()
                await self._changed.wait()

    def pick(self, request: Request) -> Script:
        """Return the answer to `request`, and remember both; JSONDecodeError for a bad body."""
        self.count(requests=1)
        self.requests.append(request)
        key = (request.api, _STREAM.search(request.raw) is not None)
        if self._instead is not None:
            return self._instead[key]
        for at, (rule, scripts) in enumerate(self._rules):
            left = self._left[at]
            if left == 0 or not rule.fits(request):
                continue
            self._left[at] = None if left is None else left - 1
            return scripts[key]
        return self._default[key]

    def always(self, answer: Answer | None) -> None:
        """Give this answer to whatever is asked from now on; with None do as scripted again."""
        self._instead = None if answer is None else make_scripts(answer)

    def count(self, **changes: int) -> None:
        """Add to the statistics and wake who waits for them."""
        stats = self.stats
        for name, change in changes.items():
            setattr(stats, name, getattr(stats, name) + change)
        stats.open_max = max(stats.open_max, stats.open_now)
        self._changed.set()

    def side_door(self, path: str) -> bytes:
        """Return the HTTP answer to a GET: for people and benchmarks, not part of the API."""
        name, _, query = path.partition("?")
        match name:
            case "/__stats":
                body: object = {**asdict(self.stats), "cpu_s": round(time.process_time(), 3)}
            case "/__last":
                wanted = int(query.removeprefix("n=") or 1)
                last = list(self.requests)[-wanted:]
                body = [{"api": request.api, "body": request.body} for request in last]
            case "/__reset":
                self.requests.clear()
                self.stats = Stats(open_now=self.stats.open_now)
                body = {"status": "ok"}
            case "/v1/models":
                model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "fake"}
                body = {"object": "list", "data": [model]}
            case _:
                return http_error(404, "no such route")
        return http_json(200, orjson.dumps(body))
