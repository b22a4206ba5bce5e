"""Clients: the pages that show a session, who of them is there and who may come back.

Imports widgets. Invariant: a client is present, or left and kept for a while, or forgotten with all that was made for it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from ._link import Message

if TYPE_CHECKING:
    from ._application import Application
    from ._session import Session

# Seconds after which a client that went is not expected back; the server keeps its widgets a little longer.
CLIENT_KEPT = 55.0


class Client:
    """One page that shows the session: a browser tab, from when it is loaded until it goes."""

    def __init__(self, session: Session, told: Message) -> None:
        self._session = session
        self.id: str = str(told.get("client"))
        self.name: str = str(told.get("name") or "")
        self.role: str = str(told.get("role") or "")
        self.is_connected = True
        self._gone_at: Optional[float] = None
        self._on_disconnect: List[Callable[..., Any]] = []
        # What a program keeps for this client; it goes with it.
        self.state: Dict[str, Any] = {}

    @property
    def session(self) -> Session:
        """The session it shows."""
        return self._session

    @property
    def app(self) -> Application:
        """The application it belongs to."""
        return self._session.app

    @property
    def _is_kept(self) -> bool:
        """It is there, or may still come back to its widgets."""
        return self.is_connected or (self._gone_at is not None and time.monotonic() - self._gone_at < CLIENT_KEPT)

    def get_widgets(self) -> Any:
        """The classes of widgets for this client alone: no other shows what is made of them, and it goes with the client."""
        return self._session._bound(self)

    def on_disconnect(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Has `handler()` called when it has gone."""
        self._on_disconnect.append(handler)
        return handler

    def __repr__(self) -> str:
        return f"<Client {self.id} {self.name!r}>"


class Clients:
    """The clients of one session. May be used from any thread."""

    def __init__(self, make: Callable[[Message], Client]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._present: Dict[str, Client] = {}
        self._left: Dict[str, Client] = {}

    def present(self) -> List[Client]:
        """Those that are there."""
        with self._lock:
            return list(self._present.values())

    def find(self, key: Optional[str]) -> Optional[Client]:
        """The one of an id, if it is there."""
        return self._present.get(key or "")

    def arrived(self, told: Message) -> Optional[Tuple[Client, bool]]:
        """Takes one in; whether it had only been away for a while. None if it is there already."""
        key = str(told.get("client"))
        with self._lock:
            if key in self._present:
                return None
            client = self._left.pop(key, None)
            returned = client is not None and client._is_kept
            if client is None or not returned:
                client = self._make(told)
            client.is_connected, client._gone_at = True, None
            self._present[key] = client
            return client, returned

    def went(self, key: str) -> Optional[Client]:
        """Lets one go, which may come back for a while."""
        with self._lock:
            client = self._present.pop(key, None)
            if client is not None:
                client.is_connected, client._gone_at = False, time.monotonic()
                self._left[key] = client
            return client

    def absent(self, present: List[str]) -> List[str]:
        """Those that are not in a list of who is there."""
        with self._lock:
            return [key for key in self._present if key not in present]

    def forgotten(self) -> List[Client]:
        """Those that will not come back; they are forgotten here."""
        with self._lock:
            gone = [client for client in self._left.values() if not client._is_kept]
            for client in gone:
                del self._left[client.id]
            return gone
