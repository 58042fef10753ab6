"""A circuit breaker: a provider that keeps failing is left alone for a while.

While it is open, turns go to the clerk at once instead of waiting for a deadline first.
"""

import time
from collections.abc import Callable

FAILURES_TO_OPEN = 3  # in a row
OPEN_SECONDS = 30.0  # then one turn tries the provider again


class Breaker:
    """Counts failures in a row; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._try_again_at = 0.0

    def lets_through(self) -> bool:
        """Whether the provider may be tried now; while it fails, one caller per `OPEN_SECONDS`."""
        if self._failures < FAILURES_TO_OPEN:
            return True
        if self._clock() < self._try_again_at:
            return False
        self._try_again_at = self._clock() + OPEN_SECONDS
        return True

    def succeeded(self) -> None:
        """Note that the provider answered."""
        self._failures = 0

    def failed(self) -> None:
        """Note that it did not."""
        self._failures += 1
        self._try_again_at = self._clock() + OPEN_SECONDS
