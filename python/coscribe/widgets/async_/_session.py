"""Sessions and clients of programs of asyncio: calls give replies, handlers run in a task.

Invariant: everything runs in the event loop of the program.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Deque, Optional, Set, Tuple

from ...errors import NotReached
from .. import _client, _session
from .._door import Credentials
from .._gathering import Gathering, Outcome, current, gathering_of, nothing
from ._reply import Reply

_Turn = Tuple[Callable[[], Any], str, Optional[Tuple[int, str]]]

if TYPE_CHECKING:
    from ._application import Application
    from ._bound import Bound


class Client(_client.Client):
    """One page that shows the session."""

    _session: Session

    if TYPE_CHECKING:

        def get_widgets(self) -> Bound: ...

    async def connected(self, timeout: Optional[float] = None) -> Client:
        """Waits until it is there, at most `timeout` seconds; returns itself. Raises NotReached."""
        await self._session._wait(lambda: self.is_connected, timeout, f"the client {self.id} is not there")
        return self


class Session(_session.Session):
    """One window, and this program that drives it."""

    app: Application

    if TYPE_CHECKING:

        def get_widgets(self) -> Bound: ...

    def __init__(self, app: Any, credentials: Credentials) -> None:
        super().__init__(app, credentials)
        self._queue: Deque[_Turn] = collections.deque()
        self._work = asyncio.Event()
        self._waiters: Set[asyncio.Event] = set()
        self._worker = asyncio.ensure_future(self._work_off())

    # Waiting.

    def _finish(self, outcome: Outcome) -> Reply[Any]:
        return Reply(outcome, self)

    async def _settled(self, gathering: Gathering) -> None:
        """Waits for all of a setup or a batch. Raises SetupError."""
        gathering.flush()
        answers = [asyncio.wrap_future(request.answer) for request in gathering.requests()]
        if answers:
            _, missing = await asyncio.wait(answers, timeout=self.app.timeout)
            if missing:
                raise self._late(gathering.requests()[answers.index(next(iter(missing)))])
            for answer in answers:
                answer.exception()
        gathering.finish()

    async def _wait(self, check: Callable[[], Any], timeout: Optional[float], what: str) -> None:
        changed = asyncio.Event()
        self._waiters.add(changed)
        try:
            await asyncio.wait_for(self._until(check, changed), timeout)
        except asyncio.TimeoutError:
            raise NotReached(f"{what} within {timeout} s") from None
        finally:
            self._waiters.discard(changed)

    async def _until(self, check: Callable[[], Any], changed: asyncio.Event) -> None:
        while not check():
            if self._link.failure is not None:
                raise self._link.failure
            await changed.wait()
            changed.clear()

    async def update(self) -> None:
        gathering = gathering_of(self)
        if gathering is not None:
            await self._settled(gathering)
        await self._finish(Outcome(self._link.request({"type": "batch", "calls": []}), nothing))

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[Session]:
        if gathering_of(self) is not None:
            yield self
            return
        async with self._gathered(Gathering(self, batched=True)):
            yield self

    @asynccontextmanager
    async def _gathered(self, gathering: Gathering) -> AsyncIterator[None]:
        """What is said in the block is not waited for; at its end everything is. What was said before a failure is sent."""
        previous = current.get()
        current.set(gathering)
        try:
            yield
        finally:
            gathering.closed = True
            current.set(previous)
            gathering.flush()
        await self._settled(gathering)

    async def connected(self, timeout: Optional[float] = None) -> Client:
        """Waits until a page shows the session, at most `timeout` seconds; returns its client. Raises NotReached."""
        await self._wait(self._clients.present, timeout, "no page shows the session")
        first: Client = self._clients.present()[0]  # type: ignore[assignment]
        return first

    # Setups.

    @asynccontextmanager
    async def build(self) -> AsyncIterator[Session]:
        """A setup: what it makes takes up what was there before the program was started anew; what it does not make goes."""
        gathering = self._begin_setup()
        async with self._gathered(gathering):
            yield self
        await self._close_setup()

    async def _close_setup(self) -> None:
        request = self._end_setup()
        await self._finish(Outcome(request, nothing))
        self._setup_ended(request.answer.result())

    async def ready(self) -> None:
        """Ends the setup that `create_session` began: from here on handlers are called. Raises SetupError."""
        gathering, self._setup = self._setup, None
        if gathering is None:
            return
        gathering.closed = True
        await self._settled(gathering)
        await self._close_setup()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            await self.ready()

    # Handlers.

    def _run(self, call: Callable[[], Any], what: str, replaces: Optional[Tuple[int, str]] = None) -> None:
        if replaces is not None and self._queue and self._queue[-1][2] == replaces:
            self._queue.pop()
        self._queue.append((call, what, replaces))
        # Threads may have something called too: an event alone does not wake the loop for them.
        self._worker.get_loop().call_soon_threadsafe(self._work.set)

    async def _work_off(self) -> None:
        """Handlers of one session run one after the other, each in a context of its own."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._queue:
                call, what, _ = self._queue.popleft()
                await contextvars.Context().run(asyncio.ensure_future, self._turn(call, what))

    async def _turn(self, call: Callable[[], Any], what: str) -> None:
        try:
            result = call()
            if inspect.isawaitable(result):
                await result
        except Exception:
            self._logger.exception("The handler for %s failed; the program goes on.", what)

    def _end(self) -> None:
        self._worker.cancel()

    def _wake(self) -> None:
        for waiter in self._waiters:
            waiter.set()

    # The end.

    async def destroy(self) -> None:
        """Deletes the session on the server with all it shows. Raises NotReached and Refused."""
        self.close()
        await asyncio.get_running_loop().run_in_executor(None, self.app.server.delete_session, self.id)
        self.app._forget_kept(self)
