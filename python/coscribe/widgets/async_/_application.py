"""The application of a program of asyncio: everything in the program's own event loop.

Invariant: whatever ends a session for good is raised by `run`.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable, Optional, Tuple, cast

from .. import _application, _client, _kernel, _session
from .._gathering import Gathering
from .._session_of import Wanted
from . import Widgets
from ._session import Client, Session


class Application(_application.Application):
    __doc__ = _application.Application.__doc__

    _client_type = Client
    _session_type = Session
    _classes = Widgets.classes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: Optional[Tuple[asyncio.Event, asyncio.Event]] = None

    # Running.

    async def start(self) -> None:
        """Connects and has the window built, without waiting for its end. Waits for a server that is not there yet."""
        if self._started:
            return
        self._started = True
        _, built = self._events()
        if self._on_connect is None and self._sessions:
            built.set()
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
                await self._parted()
        self._raise()

    def _end(self) -> None:
        for event in self._made or ():
            event.set()

    def _events(self) -> Tuple[asyncio.Event, asyncio.Event]:
        """Whether the program has ended, and whether its window is built; made when there is an event loop."""
        if self._made is None:
            self._made = asyncio.Event(), asyncio.Event()
        return self._made

    # Sessions.

    async def create_session(
        self, session_id: Optional[str] = None, token: Optional[str] = None, *, title: Optional[str] = None
    ) -> Session:
        """A session that no browser needs to show yet: build it, then `await app.run()` or `await session.ready()`.

        Restarted, the same script takes up the same sessions, in the order in which it makes them or by `session_id`.
        """
        self._events()
        session = await self._open(self._want_another(session_id, token, title))
        session._begin_open_setup()
        return session

    async def _open(self, wanted: Wanted) -> Session:
        session = cast(Session, await self._connected(wanted))
        self._shown(session, wanted)
        return session

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
