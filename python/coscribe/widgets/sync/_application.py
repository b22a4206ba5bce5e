"""The application of an ordinary program: an event loop in a thread of its own, and the program's thread beside it.

Invariant: whatever ends a session for good is raised by `run`, in the program's own thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import random
import threading
import time
from typing import Any, Callable, List, Optional

from ...errors import NotReached, Refused
from .. import _application, _client, _kernel, _session
from .._door import Credentials
from .._gathering import Gathering
from .._link import FIRST_WAIT, LONGEST_WAIT
from .._session_of import Wanted
from . import Widgets
from ._session import Client, Session

# Seconds that saying goodbye to the server may take.
CLOSING_TIMEOUT = 2.0


class Application(_application.Application):
    __doc__ = _application.Application.__doc__

    _client_type = Client
    _classes = Widgets.classes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._started = False
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._running: List[concurrent.futures.Future[None]] = []
        self._ended = threading.Event()
        self._built = threading.Event()

    # Running.

    def start(self) -> None:
        """Connects and has the window built, without waiting for its end. Waits for a server that is not there yet."""
        if self._started:
            return
        self._started = True
        if self._on_connect is None and self._sessions:
            self._built.set()
            return
        session = self._open(self._want_main())
        build = self._on_connect if self._scope == "session" else None
        session._run(lambda: self._build(session, build), "setup")

    def run(self) -> None:
        """Runs the program until it is closed or interrupted. Raises what ended it: Refused, SessionTaken, a failed setup."""
        self.start()
        for session in self._sessions.values():
            session.ready()  # type: ignore[attr-defined]
        if _kernel.is_kernel():
            self._built.wait()
            return self._raise()
        try:
            while not self._ended.wait(1.0):
                # Waits in turns: on some systems a lock that waits for ever hears no Ctrl-C.
                continue
        except KeyboardInterrupt:
            self.close()
        # The server is told that the program goes, rather than finding out.
        concurrent.futures.wait(self._running, CLOSING_TIMEOUT)
        self._raise()

    def process_events(self, timeout: float = 0.1) -> None:
        """Waits for so many seconds; handlers run in threads of their own meanwhile."""
        self._ended.wait(timeout)

    def close(self) -> None:
        """Lets all sessions go and has `run` return; they can be taken up again."""
        for session in list(self._sessions.values()):
            self._let_go(session)
        self._ended.set()
        self._built.set()

    def _raise(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure
        self.close()

    # Sessions.

    def create_session(
        self, session_id: Optional[str] = None, token: Optional[str] = None, *, title: Optional[str] = None
    ) -> Session:
        """A session that no browser needs to show yet: build it, then `run()` or `session.ready()`.

        Restarted, the same script takes up the same sessions, in the order in which it makes them or by `session_id`.
        """
        session = self._open(self._want_another(session_id, token, title))
        session._begin_open_setup()
        return session

    def _start_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the links; it runs from the first session on."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True, name="coscribe").start()
        return self._loop

    def _open(self, wanted: Wanted) -> Session:
        """Connects a session; one that was kept and that the server no longer has is replaced. Raises Refused."""
        session = self._attempt(wanted.find, wanted)
        if session is None:
            wanted.forget()
            session = self._attempt(wanted.make, wanted)
        if session is None:
            raise Refused("the server does not take a session that it has just made")
        self._shown(session, wanted)
        return session

    def _attempt(self, find: Callable[[], Credentials], wanted: Wanted) -> Optional[Session]:
        credentials, loop = self._patiently(find), self._start_loop()
        session = Session(self, lambda session: self._link_of(loop, session, credentials), credentials.session)
        self._sessions[session.id], self._wanted[session.id] = session, wanted
        running = asyncio.run_coroutine_threadsafe(session._link.run(), loop)
        self._running.append(running)
        running.add_done_callback(lambda _: self._link_ended(session))
        session._connected_once.wait()
        if session._greeted_once:
            return session
        self._sessions.pop(session.id, None)
        session._turns.end()
        if isinstance(session._link.failure, Refused) and wanted.may_be_replaced:
            return None
        raise session._link.failure or NotReached("the session was closed")

    def _patiently(self, find: Callable[[], Credentials]) -> Credentials:
        """Asks until the server is there."""
        wait = FIRST_WAIT
        while True:
            try:
                return find()
            except NotReached as error:
                if wait == FIRST_WAIT:
                    self._logger.warning("%s Trying again until it is.", error)
                time.sleep(wait * random.uniform(0.5, 1.0))
                wait = min(wait * 2, LONGEST_WAIT)

    def _link_ended(self, session: Session) -> None:
        session._wake()
        session._connected_once.set()
        if session._greeted_once and session._link.failure is not None and session.id in self._sessions:
            self._fail(session._link.failure)

    def _let_go(self, session: _session.Session) -> None:
        self._sessions.pop(session.id, None)
        session._turns.end()  # type: ignore[attr-defined]
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(session._link.close)

    def _forget_kept(self, session: _session.Session) -> None:
        self._wanted.pop(session.id).forget()

    # Setups.

    def _build(self, session: Session, build: Optional[Callable[..., Any]]) -> None:
        """Builds the window; a program whose setup fails ends, and says why."""
        try:
            with session.build():
                if build is not None:
                    build(session)
        except Exception as error:
            self._fail(error)
        finally:
            self._built.set()

    def _client_setup(self, session: _session.Session, build: Callable[..., Any], client: _client.Client) -> Callable[..., Any]:
        def setup() -> None:
            with session._gathered(Gathering(session, batched=False)):  # type: ignore[attr-defined]
                build(client)

        return setup
