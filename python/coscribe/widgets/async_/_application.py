"""The application of a program of asyncio: everything in the program's own event loop.

Invariant: whatever ends a session for good is raised by `run`.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from typing import Any, Callable, Optional, Set

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
        self._ended: Optional[asyncio.Event] = None
        self._built: Optional[asyncio.Event] = None
        self._tasks: Set[asyncio.Future[Any]] = set()

    # Running.

    async def start(self) -> None:
        """Connects and has the window built, without waiting for its end. Waits for a server that is not there yet."""
        if self._started:
            return
        self._started = True
        self._prepare()
        if self._on_connect is None and self._sessions:
            self._events()[1].set()
            return
        session = await self._open(self._want_main())
        build = self._on_connect if self._scope == "session" else None
        session._run(lambda: self._build(session, build), "setup")

    async def run(self) -> None:
        """Runs the program until it is closed or cancelled. Raises what ended it: Refused, SessionTaken, a failed setup."""
        try:
            await self.start()
            for session in list(self._sessions.values()):
                await session.ready()  # type: ignore[attr-defined]
            ended, built = self._events()
            await (built if _kernel.is_kernel() else ended).wait()
        finally:
            if not _kernel.is_kernel():
                self.close()
                # The server is told that the program goes, rather than finding out.
                await asyncio.wait([*self._tasks, asyncio.ensure_future(asyncio.sleep(0))], timeout=CLOSING_TIMEOUT)
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Lets all sessions go and has `run` return; they can be taken up again."""
        for session in list(self._sessions.values()):
            self._let_go(session)
        for event in (self._ended, self._built):
            if event is not None:
                event.set()

    def _prepare(self) -> None:
        """What belongs to the event loop is made when there is one."""
        if self._ended is None:
            self._ended, self._built = asyncio.Event(), asyncio.Event()

    def _events(self) -> tuple[asyncio.Event, asyncio.Event]:
        self._prepare()
        assert self._ended is not None and self._built is not None
        return self._ended, self._built

    def _fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure
        self.close()

    # Sessions.

    async def create_session(
        self, session_id: Optional[str] = None, token: Optional[str] = None, *, title: Optional[str] = None
    ) -> Session:
        """A session that no browser needs to show yet: build it, then `await app.run()` or `await session.ready()`.

        Restarted, the same script takes up the same sessions, in the order in which it makes them or by `session_id`.
        """
        self._prepare()
        session = await self._open(self._want_another(session_id, token, title))
        session._begin_open_setup()
        return session

    async def _open(self, wanted: Wanted) -> Session:
        """Connects a session; one that was kept and that the server no longer has is replaced. Raises Refused."""
        session = await self._attempt(wanted.find, wanted)
        if session is None:
            wanted.forget()
            session = await self._attempt(wanted.make, wanted)
        if session is None:
            raise Refused("the server does not take a session that it has just made")
        self._shown(session, wanted)
        return session

    async def _attempt(self, find: Callable[[], Credentials], wanted: Wanted) -> Optional[Session]:
        credentials = await self._patiently(find)
        loop = asyncio.get_running_loop()
        session = Session(self, lambda session: self._link_of(loop, session, credentials), credentials.session)
        self._sessions[session.id], self._wanted[session.id] = session, wanted
        running = asyncio.ensure_future(session._link.run())
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)
        running.add_done_callback(lambda done: self._link_ended(session, done))
        await session._connected_once.wait()
        if session._greeted_once:
            return session
        self._sessions.pop(session.id, None)
        session._worker.cancel()
        if isinstance(session._link.failure, Refused) and wanted.may_be_replaced:
            return None
        raise session._link.failure or NotReached("the session was closed")

    async def _patiently(self, find: Callable[[], Credentials]) -> Credentials:
        """Asks until the server is there."""
        wait = FIRST_WAIT
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(None, find)
            except NotReached as error:
                if wait == FIRST_WAIT:
                    self._logger.warning("%s Trying again until it is.", error)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))
                wait = min(wait * 2, LONGEST_WAIT)

    def _link_ended(self, session: Session, done: asyncio.Future[Any]) -> None:
        if not done.cancelled():
            # Looked at, so that asyncio does not tell of it too.
            done.exception()
        session._wake()
        session._connected_once.set()
        if session._greeted_once and session._link.failure is not None and session.id in self._sessions:
            self._fail(session._link.failure)

    def _let_go(self, session: _session.Session) -> None:
        self._sessions.pop(session.id, None)
        session._link.close()
        session._worker.cancel()  # type: ignore[attr-defined]

    def _forget_kept(self, session: _session.Session) -> None:
        self._wanted.pop(session.id).forget()

    # Setups.

    async def _build(self, session: Session, build: Optional[Callable[..., Any]]) -> None:
        """Builds the window; a program whose setup fails ends, and says why."""
        try:
            async with session.build():
                await _called(build, session)
        except Exception as error:
            self._fail(error)
        finally:
            self._events()[1].set()

    def _client_setup(self, session: _session.Session, build: Callable[..., Any], client: _client.Client) -> Callable[..., Any]:
        async def setup() -> None:
            async with session._gathered(Gathering(session, batched=False)):  # type: ignore[attr-defined]
                await _called(build, client)

        return setup


async def _called(build: Optional[Callable[..., Any]], owner: Any) -> None:
    result = build(owner) if build is not None else None
    if inspect.isawaitable(result):
        await result
