"""Sessions and clients of ordinary programs: calls wait for the server, handlers run in a thread.

Invariant: nothing here runs in the event loop's thread but what hands over to another.
"""

from __future__ import annotations

import concurrent.futures
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Tuple

from ...errors import NotReached
from .. import _client, _session
from .._door import Credentials
from .._gathering import Gathering, Outcome, current, gathering_of, nothing
from .._link import Request
from ._turns import Turns

if TYPE_CHECKING:
    from ._application import Application
    from ._bound import Bound


class Client(_client.Client):
    """One page that shows the session."""

    _session: Session

    if TYPE_CHECKING:

        def get_widgets(self) -> Bound: ...

    def connected(self, timeout: Optional[float] = None) -> Client:
        """Waits until it is there, at most `timeout` seconds; returns itself. Raises NotReached."""
        self._session._wait(lambda: self.is_connected, timeout, f"the client {self.id} is not there")
        return self


class Session(_session.Session):
    """One window, and this program that drives it."""

    app: Application

    if TYPE_CHECKING:

        def get_widgets(self) -> Bound: ...

    def __init__(self, app: Any, credentials: Credentials) -> None:
        super().__init__(app, credentials)
        self._turns = Turns(self.id, app._logger)
        self._changed = threading.Condition()

    # Waiting.

    def _finish(self, outcome: Outcome) -> Any:
        if outcome.request is None:
            return None
        return outcome.value(self._answer(outcome.request))

    def _answer(self, request: Request) -> Any:
        try:
            return request.answer.result(self.app.timeout)
        except concurrent.futures.TimeoutError:
            raise self._late(request) from None

    def _settled(self, gathering: Gathering) -> None:
        """Waits for all of a setup or a batch. Raises SetupError."""
        gathering.flush()
        for request in gathering.requests():
            try:
                request.answer.exception(self.app.timeout)
            except concurrent.futures.TimeoutError:
                raise self._late(request) from None
        gathering.finish()

    def _wait(self, check: Callable[[], Any], timeout: Optional[float], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: check() or self._link.failure, timeout) or self._link.failure:
                raise self._link.failure or NotReached(f"{what} within {timeout} s")

    def update(self) -> None:
        gathering = gathering_of(self)
        if gathering is not None:
            self._settled(gathering)
        self._finish(Outcome(self._link.request({"type": "batch", "calls": []}), nothing))

    @contextmanager
    def batch(self) -> Iterator[Session]:
        if gathering_of(self) is not None:
            yield self
            return
        with self._gathered(Gathering(self, batched=True)):
            yield self

    @contextmanager
    def _gathered(self, gathering: Gathering) -> Iterator[None]:
        """What is said in the block is not waited for; at its end everything is. What was said before a failure is sent."""
        previous = current.set(gathering)
        try:
            yield
        finally:
            gathering.closed = True
            current.reset(previous)
            gathering.flush()
        self._settled(gathering)

    def connected(self, timeout: Optional[float] = None) -> Client:
        """Waits until a page shows the session, at most `timeout` seconds; returns its client. Raises NotReached."""
        self._wait(self._clients.present, timeout, "no page shows the session")
        first: Client = self._clients.present()[0]  # type: ignore[assignment]
        return first

    # Setups.

    @contextmanager
    def build(self) -> Iterator[Session]:
        """A setup: what it makes takes up what was there before the program was started anew; what it does not make goes."""
        gathering = self._begin_setup()
        with self._gathered(gathering):
            yield self
        self._setup_ended(self._answer(self._end_setup()))

    def ready(self) -> None:
        """Ends the setup that `create_session` began: from here on handlers are called. Raises SetupError."""
        gathering, self._setup = self._setup, None
        if gathering is None:
            return
        gathering.closed = True
        current.set(None)
        self._settled(gathering)
        self._setup_ended(self._answer(self._end_setup()))

    def _begin_open_setup(self) -> None:
        super()._begin_open_setup()
        current.set(self._setup)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.ready()

    # Handlers.

    def _run(self, call: Callable[[], Any], what: str, replaces: Optional[Tuple[int, str]] = None) -> None:
        self._turns.add(call, what, replaces)

    def gui_call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls a function in the thread of the session's handlers and returns what it returns, or raises what it raises."""
        if self._turns.is_mine():
            return function(*args, **kwargs)
        result: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._run(lambda: _into(result, lambda: function(*args, **kwargs)), "a call")
        return result.result()

    def _end(self) -> None:
        self._turns.end()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # The end.

    def destroy(self) -> None:
        """Deletes the session on the server with all it shows. Raises NotReached and Refused."""
        self.close()
        self.app.server.delete_session(self.id)
        self.app._forget_kept(self)


def _into(result: concurrent.futures.Future[Any], call: Callable[[], Any]) -> None:
    try:
        result.set_result(call())
    except BaseException as error:
        result.set_exception(error)
