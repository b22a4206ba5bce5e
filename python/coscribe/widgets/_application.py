"""What both kinds of application share: where the server is, which handlers there are, and what they are called for.

Imports sessions. Invariant: a handler is called for what happened after the setup of its session, never in the middle of it.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import sys
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Set, Type

from ..errors import NotReached, Refused
from . import _kernel
from ._client import Client
from ._door import Credentials, Server
from ._link import FIRST_WAIT, LONGEST_WAIT, Link, Message
from ._session import Session
from ._session_of import Wanted, warn_of
from ._values import data_address, is_file
from ._widget import Widget

# Seconds a program waits for one answer, a reconnection included.
CALL_TIMEOUT = 30.0
# Seconds that saying goodbye to the server may take.
CLOSING_TIMEOUT = 2.0


class Application:
    """A program that draws in the page of a Coscribe server.

    `url` and `token` say which server, else COSCRIBE_URL and COSCRIBE_TOKEN, else the server of this user on this machine.
    `title` names the window. `scope`: see `on_connect`. `session_id` and `session_token` take up a certain session; without
    them the session that this script had before is taken up, or a new one made. `timeout` is how many seconds a call waits
    for its answer. `announce` prints the address of the window. What pgwidgets' Application takes beside these (ports and
    the like) is ignored with a warning.
    """

    _client_type: Type[Client]
    _session_type: Type[Session]
    _classes: Dict[str, Type[Widget]]

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        title: Optional[str] = None,
        scope: str = "session",
        session_id: Optional[str] = None,
        session_token: Optional[str] = None,
        timeout: float = CALL_TIMEOUT,
        announce: bool = True,
        logger: Optional[logging.Logger] = None,
        **ignored: Any,
    ) -> None:
        warn_of(ignored)
        self.server = Server(url, token)
        self.timeout = timeout
        self._logger = logger or logging.getLogger("coscribe.widgets")
        self._title = title
        self._main = (session_id, session_token)
        self._announce = announce
        self._on_connect: Optional[Callable[..., Any]] = None
        self._scope = checked_scope(scope)
        self._on_disconnect: List[Callable[..., Any]] = []
        self._on_client_connect: List[Callable[..., Any]] = []
        self._on_client_disconnect: List[Callable[..., Any]] = []
        self._sessions: Dict[str, Session] = {}
        self._wanted: Dict[str, Wanted] = {}
        self._names = 0
        self._started = False
        self._running: Set[asyncio.Future[None]] = set()
        self._failure: Optional[BaseException] = None
        self._said_to_all: List[Message] = []

    def _want(self, session: Optional[str], token: Optional[str], title: Optional[str], name: str) -> Wanted:
        return Wanted(self.server, name, title or self._title, session, token)

    def _want_main(self) -> Wanted:
        return self._want(*self._main, None, "")

    def _want_another(self, session: Optional[str], token: Optional[str], title: Optional[str]) -> Wanted:
        """One of the sessions that `create_session` makes: by its id, or by its place among them."""
        self._names += 1
        return self._want(session, token, title, session or str(self._names))

    def _shown(self, session: Session, wanted: Wanted) -> None:
        """Shows the window in the cell that runs, or says where it is."""
        if self._announce and not _kernel.show(session.id):
            print(f"{wanted.title or 'The window'} is shown at {session.url}", file=sys.stderr)

    def _link_of(self, session: Session, credentials: Credentials) -> Link:
        headers = {**self.server.headers(), "X-Session-Token": credentials.token}
        address = self.server.socket(credentials.session)
        return Link(address, headers, session, self._logger, self.server.is_local)

    # The sessions, in the event loop of their links.

    async def _connected(self, wanted: Wanted) -> Session:
        """Connects a session; one that was kept and that the server no longer has is replaced. Raises Refused."""
        session = await self._attempt(wanted.find, wanted)
        if session is None:
            wanted.forget()
            session = await self._attempt(wanted.make, wanted)
        if session is None:
            raise Refused("the server does not take a session that it has just made")
        return session

    async def _attempt(self, find: Callable[[], Credentials], wanted: Wanted) -> Optional[Session]:
        session = self._session_type(self, await self._patiently(find))
        self._sessions[session.id], self._wanted[session.id] = session, wanted
        running = asyncio.ensure_future(session._link.run())
        self._running.add(running)
        running.add_done_callback(lambda done: self._link_ended(session, done))
        await session._attempted.wait()
        if session._greeted_once:
            return session
        self._sessions.pop(session.id, None)
        session._end()
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

    def _link_ended(self, session: Session, done: asyncio.Future[None]) -> None:
        self._running.discard(done)
        if not done.cancelled():
            # Looked at, so that asyncio does not tell of it too.
            done.exception()
        session._wake()
        session._attempted.set()
        if session._greeted_once and session._link.failure is not None and session.id in self._sessions:
            self._fail(session._link.failure)

    async def _parted(self) -> None:
        """The server is told that the program goes, rather than finding out."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSING_TIMEOUT)

    # The end.

    def close(self) -> None:
        """Lets all sessions go and has `run` return; they can be taken up again."""
        for session in list(self._sessions.values()):
            self._let_go(session)
        self._end()

    def _end(self) -> None:
        """Has `run` return."""
        raise NotImplementedError

    def _let_go(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        session._end()
        session._link.close()

    def _forget_kept(self, session: Session) -> None:
        self._wanted.pop(session.id).forget()

    def _fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure
        self.close()

    def _raise(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    # What programs use.

    @property
    def sessions(self) -> Dict[str, Session]:
        """The sessions it drives, by their ids."""
        return dict(self._sessions)

    def on_connect(self, handler: Optional[Callable[..., Any]] = None, *, scope: Optional[str] = None) -> Any:
        """Registers what builds the window; also as a decorator.

        With the scope "session" `handler(session)` is called once, and everybody sees the same widgets. With the scope
        "client" `handler(client)` is called for every page, which gets widgets of its own.
        """
        wanted = checked_scope(scope or self._scope)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self._on_connect, self._scope = function, wanted
            return function

        return register if handler is None else register(handler)

    def on_disconnect(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Has `handler(session)` called whenever a page that showed it has gone; also as a decorator."""
        self._on_disconnect.append(handler)
        return handler

    def on_client_connect(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Has `handler(client)` called for every page that shows a session, those there already included; a decorator too."""
        self._on_client_connect.append(handler)
        return handler

    def on_client_disconnect(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Has `handler(client)` called for every page that goes; also as a decorator."""
        self._on_client_disconnect.append(handler)
        return handler

    def register_widget(self, cls: Type[Widget], name: Optional[str] = None) -> Type[Widget]:
        """Makes a class of the program's own, derived from one of the table, available in `get_widgets()`."""
        self._classes = {**self._classes, name or cls.__name__: cls}
        return cls

    def register_font(self, family: str, source: Any, *, weight: str = "normal", style: str = "normal") -> None:
        """Makes a font known to all pages under a name: an address, a file of this machine, or the bytes of one."""
        if isinstance(source, (bytes, bytearray, memoryview)):
            url = f"data:font/ttf;base64,{base64.b64encode(bytes(source)).decode('ascii')}"
        else:
            url = data_address(source) if is_file(source) else str(source)
        self._say_to_all({"type": "register-font", "family": family, "url": url, "weight": weight, "style": style})

    def set_default_font(
        self,
        family: Optional[str],
        *,
        size: Optional[float] = None,
        weight: Optional[str] = None,
        style: Optional[str] = None,
    ) -> None:
        """What widgets are written in that no font was set for; None is the server's own."""
        font = None if family is None else {"family": family, "size": size, "weight": weight, "style": style}
        self._say_to_all({"type": "set-default-font", "font": font})

    def open_url(self, url: str) -> None:
        """Has the browsers that show any of the sessions open an address."""
        for session in self._sessions.values():
            session._link.request({"type": "open-url", "url": url})

    def _say_to_all(self, message: Message) -> None:
        """Says something in every session, and in those to come at the beginning of their setups."""
        self._said_to_all.append(message)
        for session in self._sessions.values():
            session._link.request(message)

    def _client_arrived(self, session: Session, client: Client, returned: bool) -> None:
        if self._scope == "client" and self._on_connect is not None and not returned:
            build = self._on_connect
            self._call(session, self._client_setup(session, build, client), f"the setup of {client}")
        for handler in self._on_client_connect:
            self._call(session, partial(handler, client), f"the arrival of {client}")

    def _call(self, session: Session, call: Callable[[], Any], what: str) -> None:
        session._when_ready(lambda: session._run(call, what))

    def _client_went(self, session: Session, client: Client) -> None:
        leaving: List[Callable[[], Any]] = [partial(handler, client) for handler in self._on_client_disconnect]
        leaving += [partial(handler, session) for handler in self._on_disconnect]
        for call in [*leaving, *client._on_disconnect]:
            self._call(session, call, f"the end of {client}")

    def _client_setup(self, session: Session, build: Callable[..., Any], client: Client) -> Callable[..., Any]:
        """What builds the widgets of one client, without waiting for each of them."""
        raise NotImplementedError


def checked_scope(scope: str) -> str:
    """A scope of widgets: everybody's, or each client's own. Raises ValueError."""
    if scope not in ("session", "client"):
        raise ValueError(f"{scope!r} is no scope; use 'session' or 'client'")
    return scope
