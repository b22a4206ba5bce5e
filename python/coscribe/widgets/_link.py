"""The socket of one session: it connects, comes back, sends in order and matches answers with what was asked.

Imports errors, and websockets. Lives in the event loop in which it is made; what programs call, from `request` to `release`,
and `close` may be called from anywhere. Invariant: what was handed over is sent in its order and again after a drop until it is
answered, withdrawn or the link is closed.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import itertools
import json
import logging
import random
import threading
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Deque, Dict, Iterator, List, Optional, Protocol, Set, Tuple

import websockets
from websockets.asyncio.client import ClientConnection, connect

from ..errors import CoscribeError, NotReached, Refused, SessionTaken, WidgetError, sentence

Message = Dict[str, Any]

# Seconds until the first attempt to come back, and at most between attempts; each wait is twice the one before, of which
# a random half is left out so that many programs do not come back together.
FIRST_WAIT = 0.25
LONGEST_WAIT = 10.0
# Seconds for the greeting: the server says it at once.
GREETING_TIMEOUT = 20.0
# Bytes of one piece of a large value, and bytes up to which messages travel together.
CHUNK_BYTES = 512 * 1024
FRAME_BYTES = 256 * 1024
# The server lets 16 MiB through; what it sends is a tree of widgets without its large values.
INCOMING_BYTES = 64 * 1024 * 1024

# From this version on it asks the environment for a proxy.
_CONNECTS_BY_PROXY = int(metadata.version("websockets").split(".")[0]) >= 15

# Large values on their way at a time; the server takes up to eight.
TRANSFERS = 4
# The number of the first question of a connection; those of the program begin with 1.
FENCE = 0

# Codes with which the server closes: another program has the session; this one read too slowly and may come back.
CLOSED_REPLACED = 4002
CLOSED_SLOW = 4008


@dataclass
class Greeting:
    """What the server says first: who it takes us for, who is there, and the widgets that are there already."""

    info: Message
    widgets: List[Message] = field(default_factory=list)
    # What happened meanwhile.
    told: List[Message] = field(default_factory=list)


@dataclass(eq=False)
class Request:
    """A message on its way, and what travels beside its JSON."""

    message: Message
    data: Optional[bytes] = None
    answer: concurrent.futures.Future[Message] = field(default_factory=concurrent.futures.Future)

    @property
    def id(self) -> int:
        return int(self.message["id"])

    @property
    def wid(self) -> Optional[int]:
        return self.message.get("wid")

    def chunks(self) -> Iterator[Tuple[Message, bytes]]:
        """The pieces of what travels beside the JSON, each with its announcement."""
        data, count = self.data or b"", self.message["num_chunks"]
        for index in range(count):
            header = {"type": "binary-chunk", "transfer_id": self.message["transfer_id"], "chunk_index": index}
            yield (
                {**header, "num_chunks": count, "encoding": "binary"},
                data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES],
            )


@dataclass(eq=False)
class _Transfer:
    request: Request
    chunks: Iterator[Tuple[Message, bytes]]
    # What is said of the same widget waits, so that nothing overtakes the large value.
    behind: List[Request] = field(default_factory=list)


class Listener(Protocol):
    """Whom a link tells what happens, in its event loop."""

    def _greeted(self, greeting: Greeting) -> None:
        """The server is there: for the first time, or again."""

    def _heard(self, message: Any) -> None:
        """The server said something by itself: a message, or the bytes of a binary frame."""

    def _lost(self) -> None:
        """The connection is gone."""


class Link:
    """One program's connection to its session."""

    def __init__(
        self,
        address: str,
        headers: Dict[str, str],
        listener: Listener,
        logger: logging.Logger,
        local: bool,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._address = address
        self._headers = headers
        self._listener = listener
        self._logger = logger
        self._local = local
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._journal: Dict[int, Request] = {}
        self._holding = False
        self._queue: Deque[Request] = collections.deque()
        self._transfers: Deque[_Transfer] = collections.deque()
        self._fences: Dict[int, Request] = {}
        # Made by `run`: up to Python 3.9 an event belongs to the loop in which it is made.
        self._work: asyncio.Event
        self._closing: Optional[asyncio.Event] = None
        self._open = False
        self._was_open = False
        self._told = False
        self.failure: Optional[Exception] = None

    def state(self) -> str:
        """How the connection is, as a clause of a sentence."""
        return "the server is connected and says nothing" if self._open else f"{self._address} is not reached"

    # What programs hand over.

    def request(self, message: Message, data: Optional[bytes] = None) -> Request:
        """Hands a message over, from any thread; its `answer` gives what the server says, or its refusal."""
        with self._lock:
            request = Request({**message, "id": next(self._ids)}, data)
            self._announce(request)
            self._loop.call_soon_threadsafe(self._take, request)
        return request

    def withdraw(self, request: Request) -> None:
        """Gives up on an answer, from any thread; what was not sent yet is not sent any more."""
        self._loop.call_soon_threadsafe(self._withdraw, request)

    def _withdraw(self, request: Request) -> None:
        self._journal.pop(request.id, None)
        if request in self._queue:
            self._queue.remove(request)

    def _announce(self, request: Request) -> None:
        if request.data is not None:
            count = max(1, -(-len(request.data) // CHUNK_BYTES))
            request.message.update(transfer_id=next(self._ids), num_chunks=count)

    def _take(self, request: Request) -> None:
        if self.failure is not None:
            _settle(request, self.failure)
            return
        self._journal[request.id] = request
        if self._open:
            self._queue.append(request)
            self._work.set()

    def hold(self) -> None:
        """Keeps what is answered from here on too, to be said again after a drop: the steps of a setup belong together."""
        self._loop.call_soon_threadsafe(self._hold, True)

    def release(self) -> None:
        """Lets go of what was kept."""
        self._loop.call_soon_threadsafe(self._hold, False)

    def _hold(self, holding: bool) -> None:
        self._holding = holding
        if not holding:
            self._journal = {key: request for key, request in self._journal.items() if not request.answer.done()}

    def made_already(self, wids: Set[int]) -> None:
        """Settles what asked for widgets that the server turned out to have made before a drop."""
        for request in list(self._journal.values()):
            if request.message["type"] == "create" and request.wid in wids and not self._holding:
                self._answer({"type": "result", "id": request.id, "wid": request.wid})

    # The connection.

    async def run(self) -> None:
        """Keeps the session connected until `close`; raises what ended it for good."""
        self._work, self._closing = asyncio.Event(), asyncio.Event()
        wait = FIRST_WAIT
        while self.failure is None:
            self._was_open = False
            try:
                await self._connected()
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
                self._end_if_final(error)
                self._tell_of_drop(error)
            except Exception as error:
                # A fault of this package, or of a server that speaks otherwise: whoever waits is told instead of waiting on.
                self._fail(CoscribeError(f"the connection to {self._address} failed: {error!r}"))
                raise
            wait = FIRST_WAIT if self._was_open else wait
            await self._pause(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, LONGEST_WAIT)

    def _tell_of_drop(self, error: BaseException) -> None:
        # Once for each time away; the attempts after it are of interest to nobody.
        level = logging.WARNING if self._was_open or not self._told else logging.DEBUG
        self._told = True
        self._logger.log(level, "%s is not reached: %s. Trying again until it is.", self._address, error or "no answer")

    async def _pause(self, seconds: float) -> None:
        assert self._closing is not None
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except asyncio.TimeoutError:
            return

    async def _connected(self) -> None:
        options: Dict[str, Any] = {"additional_headers": self._headers, "max_size": INCOMING_BYTES}
        if self._local and _CONNECTS_BY_PROXY:
            options["proxy"] = None
        async with connect(self._address, **options) as socket:
            greeting = await asyncio.wait_for(self._greeting(socket), GREETING_TIMEOUT)
            self._begin()
            try:
                self._listener._greeted(greeting)
                for message in greeting.told:
                    self._listener._heard(message)
                await self._converse(socket)
            finally:
                self._open = False
                self._listener._lost()

    async def _greeting(self, socket: ClientConnection) -> Greeting:
        """What the server says first. The answer to a question of ours tells where it ends."""
        await socket.send(_text({"type": "batch", "id": FENCE, "calls": []}))
        greeting = Greeting({})
        while True:
            for message in _messages(await socket.recv()):
                kind = message.get("type")
                if kind == "session-info":
                    greeting.info = message
                elif kind == "create":
                    greeting.widgets.append(message)
                elif message.get("id") == FENCE:
                    return greeting
                else:
                    greeting.told.append(message)

    def _begin(self) -> None:
        """Says everything again that is not answered; what begins now comes behind it."""
        self._transfers.clear()
        self._fences.clear()
        self._queue = collections.deque(self._journal.values())
        self._open = self._was_open = True
        self._work.set()

    async def _converse(self, socket: ClientConnection) -> None:
        assert self._closing is not None
        tasks = {asyncio.ensure_future(part) for part in (self._write(socket), self._read(socket), self._closing.wait())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            if isinstance(frame, bytes):
                self._listener._heard(frame)
                continue
            for message in _messages(frame):
                if message.get("type") in ("result", "error"):
                    self._answer(message)
                else:
                    self._listener._heard(message)
        raise websockets.ConnectionClosedOK(None, None)

    def _answer(self, message: Message) -> None:
        number = message.get("id")
        if not isinstance(number, int):
            return
        request = self._fences.pop(number, None) or self._journal.get(number)
        if request is None or request.id not in self._journal:
            return
        if not self._holding:
            del self._journal[request.id]
        _settle(request, WidgetError(str(message.get("error"))) if message["type"] == "error" else message)

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._queue or self._transfers:
                texts = self._together()
                if texts:
                    await socket.send(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
                await self._piece(socket)

    def _together(self) -> List[str]:
        """Messages that wait, as many as travel well in one frame; large values begin their own journey."""
        texts: List[str] = []
        size = 0
        while self._queue and size < FRAME_BYTES and len(self._transfers) < TRANSFERS:
            # What is said of no single widget, such as a batch, says that everything before it is there.
            if self._transfers and self._queue[0].wid is None:
                break
            request = self._queue.popleft()
            ahead = next((transfer for transfer in self._transfers if transfer.request.wid == request.wid), None)
            if ahead is not None:
                ahead.behind.append(request)
                continue
            if request.data is not None:
                return self._with_transfer(request, texts)
            texts.append(_text(request.message))
            size += len(texts[-1])
        return texts

    def _with_transfer(self, request: Request, texts: List[str]) -> List[str]:
        """A large value is announced in a frame of its own."""
        if texts:
            self._queue.appendleft(request)
            return texts
        self._transfers.append(_Transfer(request, request.chunks()))
        return [_text(request.message)]

    async def _piece(self, socket: ClientConnection) -> None:
        """Sends one piece of one large value, so that other traffic goes between the pieces."""
        if not self._transfers:
            return
        transfer = self._transfers.popleft()
        piece = next(transfer.chunks, None)
        if piece is None:
            self._queue.extendleft(reversed(transfer.behind))
            await socket.send(_text(self._fence(transfer.request)))
            return
        self._transfers.append(transfer)
        await socket.send(_text(piece[0]))
        await socket.send(piece[1])

    def _fence(self, request: Request) -> Message:
        """A large value is answered only if it is refused: the answer to what is said behind it tells that it is there."""
        number = next(self._ids)
        self._fences[number] = request
        return {"type": "batch", "id": number, "calls": []}

    # The end.

    def close(self) -> None:
        """Ends the link, from any thread; what waits for answers is told so."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._fail, NotReached("the session was closed"))

    def _fail(self, failure: Exception) -> None:
        if self.failure is None:
            self.failure = failure
        for request in self._journal.values():
            _settle(request, self.failure)
        self._journal.clear()
        self._queue.clear()
        self._transfers.clear()
        if self._closing is not None:
            self._closing.set()

    def _end_if_final(self, error: Exception) -> None:
        """Ends the link on an answer that would be the same the next time."""
        final = _final(error)
        if final is not None:
            self._fail(final)
            raise final from None


def _messages(frame: Any) -> List[Message]:
    content = json.loads(frame) if isinstance(frame, str) else []
    messages = content if isinstance(content, list) else [content]
    return [message for message in messages if isinstance(message, dict)]


def _text(message: Message) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def _settle(request: Request, outcome: Any) -> None:
    if request.answer.done():
        return
    if isinstance(outcome, Exception):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)


def _final(error: Exception) -> Optional[Exception]:
    if isinstance(error, websockets.ConnectionClosed) and error.rcvd is not None:
        code, reason = error.rcvd.code, error.rcvd.reason
        if code == CLOSED_REPLACED:
            return SessionTaken("Another program drives this session now; one program at a time has it.")
        if 4000 <= code <= 4999 and code != CLOSED_SLOW:
            return Refused(f"The server does not let this program in: {reason or code}")
    response = getattr(error, "response", None)
    if response is not None and 400 <= response.status_code < 500 and response.status_code != 429:
        return Refused(sentence(response.body or b"", f"The server answers {response.status_code}."))
    return None
