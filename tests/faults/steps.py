"""The steps of a turn: each time that one of its tasks has to wait, and what may happen there."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from townhall.turns.runner import TurnRunner

_steps: ContextVar["Steps | None"] = ContextVar("steps", default=None)


class Steps:
    """Counts the steps of all tasks begun in a `counted` block; `fault` comes at step `at`."""

    def __init__(self, at: int = 0, fault: Callable[[], object] | None = None) -> None:
        self.number = 0
        self._at = at
        self._fault = fault

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the tasks that are begun in the block, and the ones that they begin."""
        asyncio.get_running_loop().set_task_factory(_make_task)
        token = _steps.set(self)
        try:
            yield
        finally:
            _steps.reset(token)

    def take(self) -> None:
        """Take a step."""
        self.number += 1
        if self.number == self._at and self._fault is not None:
            self._fault()


def let_turns_die(at: int) -> None:
    """Make this process kill itself at that step of a turn."""
    wake = TurnRunner.wake

    def wake_counted(runner: TurnRunner, session_key: int) -> None:
        with Steps(at, lambda: os.kill(os.getpid(), signal.SIGKILL)).counted():
            wake(runner, session_key)

    setattr(TurnRunner, "wake", wake_counted)  # noqa: B010  # mypy lets no method be assigned


def _make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
) -> "asyncio.Task[Any]":
    steps = _steps.get()
    counted = coroutine if steps is None else _Counted(coroutine, steps)
    return asyncio.Task(counted, loop=loop, **options)


class _Counted(Coroutine[Any, Any, Any]):
    """Does as `coroutine` does, and takes a step whenever it waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], steps: Steps) -> None:
        self._coroutine = coroutine
        self._steps = steps

    def send(self, value: Any) -> Any:
        awaited = self._coroutine.send(value)
        self._steps.take()
        return awaited

    def throw(self, *error: Any) -> Any:
        awaited = self._coroutine.throw(*error)
        self._steps.take()
        return awaited

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()
