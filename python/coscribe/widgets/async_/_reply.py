"""What a call gives: something to await, or to leave alone.

Imports gatherings. Invariant: a refusal is raised where the reply is awaited, or logged if it never is.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Generator, Generic, TypeVar, cast

from .._calls import caller
from .._gathering import Outcome

if TYPE_CHECKING:
    from ._session import Session

T = TypeVar("T")


class Reply(Generic[T]):
    """The answer to one call, which is on its way already; `await` gives it, or raises WidgetError."""

    __slots__ = ("_outcome", "_session", "_place", "__weakref__")

    def __init__(self, outcome: Outcome, session: Session) -> None:
        self._outcome = outcome
        self._session = session
        self._place = "" if outcome.request is None else caller()

    def __await__(self) -> Generator[Any, None, T]:
        self._outcome.awaited = True
        return self._wait().__await__()

    async def _wait(self) -> T:
        request = self._outcome.request
        if request is None:
            return cast(T, None)
        try:
            # Shielded: that one waiter is cancelled does not take the call back.
            answer = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(request.answer)), self._session.app.timeout)
        except asyncio.TimeoutError:
            raise self._session._late(request) from None
        return cast(T, self._outcome.value(answer))

    def __del__(self) -> None:
        outcome, place, logger = self._outcome, self._place, self._session._logger
        if outcome.request is not None and not outcome.awaited:
            outcome.request.answer.add_done_callback(lambda answer: _log(answer, outcome, place, logger))


def _log(answer: Any, outcome: Outcome, place: str, logger: logging.Logger) -> None:
    if not outcome.awaited and not answer.cancelled() and answer.exception() is not None:
        logger.error("%s: %s", place, answer.exception())
