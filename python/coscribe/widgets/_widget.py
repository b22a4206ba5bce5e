"""Widgets: calls of their methods, and the classes made from the table.

Imports the table, calls and values. Invariant: a widget's methods are those of the table, and what they say goes through
its session.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Type

from ..errors import WidgetError
from ._calls import arranged, constructed, picture_format
from ._gathering import DONE
from ._link import Message
from ._table import CLASSES, Method, WidgetClass
from ._values import as_bytes, is_file, looks_like_array, outgoing

if TYPE_CHECKING:
    from ._application import Application
    from ._client import Client
    from ._session import Session


@dataclass(eq=False)
class Handler:
    """What a program wants to be called."""

    function: Callable[..., Any]
    args: Tuple[Any, ...]
    kwargs: Dict[str, Any]
    widget: Optional[Widget]

    def call(self, told: Sequence[Any]) -> Any:
        first = [self.widget] if self.widget is not None else []
        return self.function(*first, *told, *self.args, **self.kwargs)


class Widget:
    """What is seen in the page, or works there. The classes are made from the table; see `coscribe.widgets`."""

    _row: WidgetClass
    _session: Session
    _wid: int

    def __init__(self, session: Any, *args: Any, **kwargs: Any) -> None:
        self._make(session, args, kwargs)

    def _make(self, session: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> List[Any]:
        """Makes it and then sets what its constructor has no place for; what the two kinds of program give for each."""
        values, later = constructed(self._row, args, kwargs)
        # A client brings the session it shows.
        owner = getattr(session, "_session", session)
        client = session if owner is not session else None
        self._begin(owner, client)
        made = owner._finish(owner._create(self, values, client))
        return [made, *(getattr(self, f"set_{name}")(value) for name, value in later.items())]

    def _begin(self, session: Session, client: Optional[Client]) -> None:
        self._session = session
        self._client = client
        self._inside: Set[Widget] = set()
        self._destroyed = False

    @classmethod
    def _known(cls, session: Session, wid: int) -> Widget:
        """The widget of a number that the server chose, or that is there since before."""
        widget = cls.__new__(cls)
        widget._begin(session, None)
        widget._wid = wid
        return widget

    @property
    def wid(self) -> int:
        """Its number in the session."""
        return self._wid

    @property
    def session(self) -> Session:
        """The session it is in."""
        return self._session

    @property
    def app(self) -> Application:
        """The application it belongs to."""
        return self._session.app

    def _reference(self) -> Message:
        return {"__wid__": self._wid}

    def __repr__(self) -> str:
        return f"<{self._row.name} {getattr(self, '_wid', '?')}>"

    # Callbacks.

    def on(self, action: str, handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Has `handler(*told, *args, **kwargs)` called whenever this happens.

        Raises ValueError for an action that it never tells.
        """
        return self._listen(action, Handler(handler, args, kwargs, None))

    def add_callback(self, action: str, handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """As `on`, with the widget as the first argument: `handler(widget, *told, *args, **kwargs)`."""
        return self._listen(action, Handler(handler, args, kwargs, self))

    def off(self, action: str, handler: Optional[Callable[..., Any]] = None) -> Any:
        """Takes a handler away, or all of an action."""
        return self._session._off(self, action, handler)

    def has_callback(self, action: str) -> bool:
        """Whether it ever tells this."""
        return action in self._row.actions

    def _listen(self, action: str, handler: Handler) -> Any:
        if action not in self._row.actions:
            raise ValueError(f"{self._row.name} tells nothing called {action}; it tells {', '.join(self._row.actions)}")
        return self._session._on(self, action, handler)

    # Calls.

    def _invoke(self, method: Method, args: Sequence[Any], kwargs: Dict[str, Any]) -> Any:
        """Calls a method of the table."""
        values = arranged(method, args, kwargs)
        if self._is_gone():
            return self._session._finish(DONE)
        self._follow_children(method, values)
        if method.parameters and method.parameters[0].type == "data":
            return self._send_data(method, values)
        message = {"type": "call", "wid": self._wid, "method": method.name, "args": outgoing(values)}
        return self._session._finish(self._session._say(message, result=method.result))

    def _is_gone(self) -> bool:
        """What belonged to a client that went is nobody's: it takes calls and does nothing (so that loops go on)."""
        if self._client is not None and not self._client._is_kept:
            return True
        if self._destroyed:
            raise WidgetError(f"This {self._row.name} was destroyed.")
        return False

    def _follow_children(self, method: Method, values: List[Any]) -> None:
        """Remembers what is in what, so that destroying one forgets the others."""
        child = next((value for value in values if isinstance(value, Widget)), None)
        if method.name.startswith(("add_", "insert_", "set_widget")) and child is not None:
            self._inside.add(child)
        elif method.name in ("remove", "remove_widget", "close_widget", "close_child") and child is not None:
            self._inside.discard(child)
        elif method.name == "remove_all":
            self._inside.clear()

    def _send_data(self, method: Method, values: List[Any]) -> Any:
        """Sends a picture or another array beside the JSON, in pieces; a path is read first."""
        data = values[0]
        if is_file(data):
            data = Path(data).read_bytes()
        plain = isinstance(data, (bytes, bytearray, memoryview))
        buffer = as_bytes(data)
        if buffer is None:
            raise TypeError(f"{method.name} needs bytes, an array or a file, not {type(data).__name__}")
        args = values[1:] or ([picture_format(buffer.data)] if plain else [])
        message: Message = {
            "type": "binary-call-chunked",
            "wid": self._wid,
            "method": method.name,
            "args": outgoing(args),
        }
        if not plain:
            message.update(shape=list(buffer.shape), dtype=buffer.dtype)
        return self._session._finish(self._session._say(message, data=buffer.data))

    def destroy(self) -> Any:
        """Takes it out of the page, with everything in it."""
        if self._destroyed or self._is_gone():
            return self._session._finish(DONE)
        outcome = self._session._say({"type": "call", "wid": self._wid, "method": "destroy", "args": []})
        self._session._forget(self)
        return self._session._finish(outcome)

    def update(self) -> Any:
        """Waits until everything said so far of the session has reached the server and is kept."""
        return self._session.update()

    def batch(self) -> Any:
        """As `session.batch()`: calls of the block travel as one message."""
        return self._session.batch()


def _method_of(method: Method) -> Callable[..., Any]:
    def call(self: Widget, *args: Any, **kwargs: Any) -> Any:
        return self._invoke(method, args, kwargs)

    call.__name__ = method.name
    call.__doc__ = f"{method.name}({', '.join(parameter.name for parameter in method.parameters)})"
    return call


def _redrawn(self: Widget) -> Any:
    """Has the picture drawn again, and waits until that has reached the server."""
    self._session._say({"type": "call", "wid": self._wid, "method": "update", "args": []})
    return self._session.update()


def _picture_set(self: Widget, url: Any) -> Any:
    """Shows a picture: an address, a file of this machine, the bytes of a picture, or an array of pixels."""
    # An array is copied once; what comes of it is taken as it is.
    picture = as_bytes(url) if looks_like_array(url) else url
    if is_file(picture) or as_bytes(picture) is not None:
        return self.set_binary_image(picture)  # type: ignore[attr-defined]
    return self._invoke(self._row.methods["set_image"], (picture,), {})


def _attribute(name: str, methods: Mapping[str, Method]) -> property:
    setter, getter = methods.get(f"set_{name}"), methods.get(f"get_{name}")

    def read(self: Widget) -> Any:
        return getattr(self, f"get_{name}")()

    def write(self: Widget, value: Any) -> None:
        several = setter is not None and len(setter.parameters) > 1 and isinstance(value, (tuple, list))
        getattr(self, f"set_{name}")(*(value if several else [value]))

    return property(read if getter else None, write if setter else None, doc=f"{name}: assigning pushes it at once")


def attributes(methods: Mapping[str, Method]) -> List[str]:
    """The names that can be read or assigned: those of setters and getters that no method has taken."""
    names = {name[4:] for name in methods if name[:4] in ("set_", "get_")}
    return sorted(name for name in names if name and name not in methods and not hasattr(Widget, name))


def widget_class(row: WidgetClass, base: Type[Widget], module: str) -> Type[Widget]:
    """The class of one row."""
    members: Dict[str, Any] = {name: _attribute(name, row.methods) for name in attributes(row.methods)}
    members.update({name: _method_of(method) for name, method in row.methods.items() if name not in ("destroy", "update")})
    if "update" in row.methods:
        members["update"] = _redrawn
    if row.name == "Image":
        members["set_image"] = _picture_set
    if "is_visible" in row.methods:
        members["visible"] = property(lambda self: self.is_visible(), lambda self, tf: self.show() if tf else self.hide())
    members.update(_row=row, __doc__=f"{row.name} of the page.", __module__=module)
    return type(row.name, (base,), members)


def all_classes(base: Type[Widget], module: str) -> Dict[str, Type[Widget]]:
    """All classes of the table."""
    return {name: widget_class(row, base, module) for name, row in CLASSES.items()}


class Widgets:
    """The classes of widgets, bound to a session or to one client: `W = session.get_widgets(); W.Button("Press")`."""

    def __init__(self, owner: Any, classes: Dict[str, Type[Widget]]) -> None:
        self._owner = owner
        self._classes = classes

    def __getattr__(self, name: str) -> Callable[..., Widget]:
        found = self._classes.get(name)
        if found is None:
            raise AttributeError(f"There is no widget class {name}; there are {', '.join(sorted(self._classes))}.")
        return lambda *args, **kwargs: found(self._owner, *args, **kwargs)

    def __dir__(self) -> List[str]:
        return sorted(self._classes)
