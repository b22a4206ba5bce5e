"""The application of an ordinary program: an event loop in a thread of its own, and the program's thread beside it.

Invariant: whatever ends a session for good is raised by `run`, in the program's own thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any, Callable, Coroutine, Optional, TypeVar, cast

from .. import _application, _client, _kernel, _session
from .._gathering import Gathering
from .._session_of import Wanted
from . import Widgets
from ._session import Client, Session

T = TypeVar("T")

# Seconds. Waits are in turns: on some systems a lock that waits for ever hears no Ctrl-C.
TURN = 1.0


class Application(_application.Application):
    __doc__ = _application.Application.__doc__

    _client_type = Client
    _session_type = Session
    _classes = Widgets.classes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop: Optional[asyncio.AbstractEventLoop] = None
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
        for session in list(self._sessions.values()):
            session.ready()  # type: ignore[attr-defined]
        if _kernel.is_kernel():
            self._built.wait()
            return self._raise()
        try:
            while not self._ended.wait(TURN):
                continue
        except KeyboardInterrupt:
            self.close()
        self._in_loop(self._parted())
        self._raise()

    def process_events(self, timeout: float = 0.1) -> None:
        """Waits for so many seconds; handlers run in threads of their own meanwhile."""
        self._ended.wait(timeout)

    def _end(self) -> None:
        self._ended.set()
        self._built.set()

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

    def _open(self, wanted: Wanted) -> Session:
        session = cast(Session, self._in_loop(self._connected(wanted)))
        self._shown(session, wanted)
        return session

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Has something done in the event loop of the links, which runs from the first session on, and waits for it."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True, name="coscribe").start()
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        while not concurrent.futures.wait([running], TURN).done:
            continue
        return running.result()

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
