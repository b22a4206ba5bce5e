"""Sessions: what is said of one, what it tells, and its setups. Waits for nothing; the two kinds of program do.

Imports everything beside it but applications. Invariant: everything a program says of a session goes through
`Session._say`, in the order in which it was said.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Set, Tuple

from ..errors import CallTimeout
from ._calls import converted
from ._client import Client, Clients
from ._door import Credentials
from ._files import Told, Transfers
from ._gathering import DONE, Gathering, Outcome, gathering_of, nothing
from ._link import Greeting, Message, Request
from ._values import incoming, outgoing
from ._widget import Handler, Widget, Widgets

if TYPE_CHECKING:
    from ._application import Application

# What follows each other closely and of which only the newest counts, if a handler takes longer than people.
_CONTINUOUS = frozenset({"modified", "move", "resize", "sizing", "scrolled", "pointer-move", "drag-over", "timeupdate"})
_NUMBERS = frozenset({"Slider", "SpinBox", "Dial", "ScrollBar"})

# Whose doing the handler that runs is called for.
_acting: contextvars.ContextVar[Optional[Client]] = contextvars.ContextVar("acting", default=None)


class Session:
    """One window in the pages of a server, and the program that drives it. Both kinds of program derive theirs from it."""

    def __init__(self, app: Application, credentials: Credentials) -> None:
        self.app = app
        self.id = credentials.session
        self._logger = app._logger
        self._link = app._link_of(self, credentials)
        self._lock = threading.RLock()
        self._highest = 0
        self._widgets: Dict[int, Widget] = {}
        self._handlers: Dict[Tuple[int, str], List[Handler]] = {}
        self._clients = Clients(lambda told: app._client_type(self, told))
        self._transfers = Transfers()
        self._ready = False
        self._early: List[Callable[[], None]] = []
        self._greeted_once = False
        # It was connected once, or will never be.
        self._attempted = asyncio.Event()
        self._setup: Optional[Gathering] = None

    # What the two kinds of program do in their own way.

    def _finish(self, outcome: Outcome) -> Any:
        """Waits for an outcome, or gives something to wait for."""
        raise NotImplementedError

    def _run(self, call: Callable[[], Any], what: str, replaces: Optional[Tuple[int, str]] = None) -> None:
        """Has a function of the program called in its turn; its failure is logged.

        With `replaces`, it takes the place of a call for the same that is next to it and still waits.
        """
        raise NotImplementedError

    def _end(self) -> None:
        """Has no further handler called."""
        raise NotImplementedError

    def _wake(self) -> None:
        """Has those who wait for clients look again."""
        raise NotImplementedError

    def update(self) -> Any:
        """Waits until everything said so far has reached the server and is kept."""
        raise NotImplementedError

    def batch(self) -> Any:
        """Calls of the block travel as one message and are drawn at once."""
        raise NotImplementedError

    # What programs use.

    @property
    def url(self) -> str:
        """The address of its page."""
        return self.app.server.page(self.id)

    def get_url(self) -> str:
        """The address of its page."""
        return self.url

    def get_widgets(self) -> Any:
        """The classes of widgets, bound to this session."""
        return self._bound(self)

    @property
    def clients(self) -> List[Client]:
        """The pages that show it now."""
        return self._clients.present()

    @property
    def is_connected(self) -> bool:
        """Whether any page shows it."""
        return bool(self._clients.present())

    @property
    def current_client(self) -> Optional[Client]:
        """The client whose doing the handler that runs now was called for."""
        return _acting.get()

    def set_title(self, title: str) -> Any:
        """Names the window in lists and in the browser's tab."""
        return self._finish(self._say({"type": "title", "title": title}))

    def open_url(self, url: str) -> Any:
        """Has the browsers that show it open an address."""
        return self._finish(self._say({"type": "open-url", "url": url}))

    def make_timer(self, duration: float = 0) -> Any:
        """A Timer of this session."""
        return self.get_widgets().Timer(duration=duration)

    def gui_do(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Has a function called in turn with the session's handlers; does not wait for it."""
        self._run(lambda: function(*args, **kwargs), getattr(function, "__name__", "a call"))

    def close(self) -> None:
        """Lets the session go: its pages say that the program is gone; it can be taken up again."""
        self.app._let_go(self)

    def __repr__(self) -> str:
        return f"<Session {self.id}>"

    # Saying.

    def _say(self, message: Message, data: Optional[bytes] = None, result: Optional[str] = None) -> Outcome:
        """Hands a message over. In a setup or a batch, what has no result is not waited for."""
        gathering = gathering_of(self)
        if gathering is None:
            return Outcome(self._link.request(message, data), self._reader(result))
        if gathering.batched and message["type"] == "call" and result is None:
            gathering.gather(message)
            return DONE
        gathering.flush()
        request = self._link.request(message, data)
        if result is not None:
            return Outcome(request, self._reader(result))
        gathering.add(request)
        return DONE

    def _late(self, request: Request) -> CallTimeout:
        """Gives up on an answer; what is to be told of it."""
        self._link.withdraw(request)
        message = request.message
        named = " ".join(str(message[key]) for key in ("type", "class", "method", "action") if key in message)
        return CallTimeout(f"The message {named} was not answered within {self.app.timeout:g} s; {self._link.state()}.")

    def _reader(self, result: Optional[str]) -> Callable[[Any], Any]:
        if result is None:
            return nothing
        return lambda value: converted(result, incoming(value, self._widget_of))

    def _create(self, widget: Widget, values: List[Any], client: Optional[Client]) -> Outcome:
        """Makes a widget; its number is chosen here, so that nothing has to be waited for."""
        message: Message = {"type": "create", "class": widget._row.name, "args": outgoing(values)}
        if client is not None:
            message["client"] = client.id
        with self._lock:
            self._highest += 1
            widget._wid = message["wid"] = self._highest
            self._widgets[widget._wid] = widget
            return self._say(message)

    def _bound(self, owner: Any) -> Any:
        return Widgets(owner, self.app._classes)

    def _widget_of(self, wid: int, name: Optional[str]) -> Widget:
        """The widget of a number; one that the server made is given its class."""
        with self._lock:
            known = self._widgets.get(wid)
            if known is None:
                known = self.app._classes[name if name in self.app._classes else "Box"]._known(self, wid)
                self._widgets[wid] = known
            self._pass(wid)
            return known

    def _pass(self, wid: int) -> None:
        """Numbers up to this one are taken."""
        with self._lock:
            self._highest = max(self._highest, wid)

    def _forget(self, widget: Widget) -> None:
        """Lets go of a widget and of what is in it."""
        with self._lock:
            widget._destroyed = True
            self._widgets.pop(widget._wid, None)
            for key in [key for key in self._handlers if key[0] == widget._wid]:
                del self._handlers[key]
            inside, widget._inside = widget._inside, set()
        for child in inside:
            self._forget(child)

    # Callbacks.

    def _on(self, widget: Widget, action: str, handler: Handler) -> Any:
        key = (widget._wid, action)
        with self._lock:
            handlers = self._handlers.setdefault(key, [])
            handlers.append(handler)
            if len(handlers) > 1:
                return self._finish(DONE)
        return self._finish(self._say({"type": "listen", "wid": widget._wid, "action": action}))

    def _off(self, widget: Widget, action: str, function: Optional[Callable[..., Any]]) -> Any:
        key = (widget._wid, action)
        with self._lock:
            left = [handler for handler in self._handlers.get(key, []) if function is not None and handler.function != function]
            had = self._handlers.pop(key, None)
            if left:
                self._handlers[key] = left
            if left or not had:
                return self._finish(DONE)
        return self._finish(self._say({"type": "unlisten", "wid": widget._wid, "action": action}))

    def _tell(self, told: Told) -> None:
        wid, action, values, client = told
        handlers = self._handlers.get((wid, action))
        if not handlers:
            return
        values = incoming(values, self._widget_of)
        replaces = (wid, action) if self._is_continuous(wid, action) else None
        for handler in list(handlers):
            key = replaces if len(handlers) == 1 else None
            self._when_ready(self._turn_of(handler, values, client, f"{action} of {self._widgets.get(wid)}", key))

    def _turn_of(self, handler: Handler, values: List[Any], client: Optional[str], what: str, key: Any) -> Callable[[], None]:
        def call() -> Any:
            _acting.set(self._clients.find(client))
            return handler.call(values)

        return lambda: self._run(call, what, key)

    def _is_continuous(self, wid: int, action: str) -> bool:
        widget = self._widgets.get(wid)
        return action in _CONTINUOUS or (action == "activated" and widget is not None and widget._row.name in _NUMBERS)

    def _when_ready(self, turn: Callable[[], None]) -> None:
        """What happens during a setup waits for its end."""
        with self._lock:
            if not self._ready:
                self._early.append(turn)
                return
        turn()

    # The link's side; in its event loop.

    def _lost(self) -> None:
        self._transfers.forget()

    def _greeted(self, greeting: Greeting) -> None:
        info = greeting.info
        there = {int(widget["wid"]) for widget in greeting.widgets if isinstance(widget.get("wid"), int)}
        self._link.made_already(there)
        if self._ready:
            self._pass(int(info.get("next_wid") or 1) - 1)
            self._listen_again(there)
        self._meet([told for told in info.get("clients") or [] if isinstance(told, dict)])
        self._greeted_once = True
        self._attempted.set()

    def _listen_again(self, there: Set[int]) -> None:
        with self._lock:
            keys = [key for key in self._handlers if key[0] in there]
        for wid, action in keys:
            self._link.request({"type": "listen", "wid": wid, "action": action})

    def _heard(self, message: Any) -> None:
        if isinstance(message, bytes):
            for told in self._transfers.frame(message):
                self._tell(told)
            return
        hear = getattr(self, f"_heard_{str(message.get('type')).replace('-', '_')}", None)
        if hear is not None:
            hear(message)

    def _heard_callback(self, message: Message) -> None:
        wid, action, args, client = (
            message.get("wid"),
            message.get("action"),
            message.get("args") or [],
            message.get("client"),
        )
        if not isinstance(wid, int) or not isinstance(action, str):
            return
        details = args[0] if args else None
        if isinstance(details, dict) and "transfer_id" in details:
            self._transfers.begin(wid, action, client, details)
            return
        self._tell((wid, action, args, client))

    def _heard_binary_chunk(self, message: Message) -> None:
        self._transfers.header(message)

    def _heard_client_connected(self, message: Message) -> None:
        self._arrived(message)

    def _heard_client_disconnected(self, message: Message) -> None:
        self._went(str(message.get("client")))

    # Clients.

    def _meet(self, present: List[Message]) -> None:
        """Who is there, as the server says after a connection: others went meanwhile."""
        for key in self._clients.absent([str(told.get("client")) for told in present]):
            self._went(key)
        for told in present:
            self._arrived(told)

    def _arrived(self, told: Message) -> None:
        self._forget_clients()
        arrived = self._clients.arrived(told)
        if arrived is not None:
            self.app._client_arrived(self, *arrived)
        self._wake()

    def _went(self, key: str) -> None:
        client = self._clients.went(key)
        if client is not None:
            self._forget_clients()
            self.app._client_went(self, client)
        self._wake()

    def _forget_clients(self) -> None:
        """Lets go of what was made for clients that will not come back."""
        for client in self._clients.forgotten():
            with self._lock:
                theirs = [widget for widget in self._widgets.values() if widget._client is client]
            for widget in theirs:
                self._forget(widget)

    # Setups.

    def _begin_setup(self) -> Gathering:
        """What is made from here on takes up what is there, and nothing of it is waited for."""
        self._link.hold()
        self._link.request({"type": "build-start"})
        for message in self.app._said_to_all:
            self._link.request(message)
        return Gathering(self, batched=False)

    def _begin_open_setup(self) -> None:
        self._setup = self._begin_setup()

    def _end_setup(self) -> Request:
        return self._link.request({"type": "build-end"})

    def _setup_ended(self, answer: Message) -> None:
        """The setup is over: what it did not make is gone, and what happened meanwhile is told."""
        self._link.release()
        self._pass(int(answer.get("next_wid") or 1) - 1)
        with self._lock:
            self._ready = True
            early, self._early = self._early, []
        for turn in early:
            turn()
