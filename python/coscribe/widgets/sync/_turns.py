"""The thread in which the handlers of one session run, one after the other.

Imports nothing of ours. Invariant: handlers of one session never run at the same time, and none ends the thread.
"""

from __future__ import annotations

import collections
import contextvars
import logging
import threading
from typing import Any, Callable, Deque, Optional, Tuple

Turn = Tuple[Callable[[], Any], str, Optional[Tuple[int, str]]]


class Turns:
    """A queue of calls and the thread that makes them."""

    def __init__(self, name: str, logger: logging.Logger) -> None:
        self._logger = logger
        self._queue: Deque[Turn] = collections.deque()
        self._waiting = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._work, daemon=True, name=f"coscribe {name}")
        self._thread.start()

    def add(self, call: Callable[[], Any], what: str, replaces: Optional[Tuple[int, str]] = None) -> None:
        """Has `call` made in its turn. With `replaces`, it takes the place of a call for the same that is next to it."""
        with self._waiting:
            if replaces is not None and self._queue and self._queue[-1][2] == replaces:
                self._queue.pop()
            self._queue.append((call, what, replaces))
            self._waiting.notify()

    def is_mine(self) -> bool:
        """Whether the caller is in this thread."""
        return threading.current_thread() is self._thread

    def end(self) -> None:
        """No further call is made; the one that runs ends by itself."""
        with self._waiting:
            self._ended = True
            self._queue.clear()
            self._waiting.notify()

    def _next(self) -> Optional[Turn]:
        with self._waiting:
            while not self._queue and not self._ended:
                self._waiting.wait()
            return None if self._ended else self._queue.popleft()

    def _work(self) -> None:
        turn = self._next()
        while turn is not None:
            call, what, _ = turn
            try:
                contextvars.Context().run(call)
            except Exception:
                self._logger.exception("The handler for %s failed; the program goes on.", what)
            turn = self._next()
