"""A page that shows a widget session: the live document over a WebSocket, presence, and what people do by REST.

It is a client like the page of the server, without drawing: what it reads is what everybody is shown.
"""

import contextlib
import json
import secrets
import threading
import urllib.error

import pycrdt
from server import eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Browser:
    """Shows a session from entering the `with` block until leaving it."""

    def __init__(self, server, session, name="Ann"):
        self.server, self.session, self.name = server, session, name
        self.client = secrets.token_hex(16)
        self.doc = pycrdt.Doc(allow_multithreading=True)
        self.widgets_root = self.doc.get("widgets", type=pycrdt.Map)
        self.info = self.doc.get("info", type=pycrdt.Map)
        self._lock = threading.RLock()
        self._synced = threading.Event()
        self._awareness = pycrdt.Awareness(self.doc)
        self.updates = 0
        self._remote = False

    def __enter__(self):
        url = self.server.socket_url(f"widgets:{self.session}")
        self._opened = connect(url, max_size=None, proxy=None)
        self._socket = self._opened.__enter__()
        self._own = self.doc.observe(self._edited)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._socket.send(pycrdt.create_sync_message(self.doc))
        self._awareness.set_local_state({"client": self.client, "user": {"name": self.name, "color": "#336699"}})
        self._announce()
        assert self._synced.wait(10), "the document comes"
        return self

    def __exit__(self, *_):
        self._awareness.set_local_state(None)
        # Gone already if the server was killed, or the test had it vanish.
        with contextlib.suppress(ConnectionClosed):
            self._announce()
        self.vanish()

    def _announce(self):
        update = self._awareness.encode_awareness_update([self.doc.client_id])
        self._socket.send(pycrdt.create_awareness_message(update))

    def come_again(self):
        """Is another client from now on, as after a reload."""
        self.client = secrets.token_hex(16)
        self._awareness.set_local_state_field("client", self.client)
        self._announce()

    def vanish(self):
        """Loses the connection without a word."""
        self._opened.__exit__(None, None, None)
        self._reader.join()

    def _read(self):
        try:
            for message in self._socket:
                if message[0] != pycrdt.YMessageType.SYNC:
                    continue
                with self._lock:
                    self._remote = True
                    reply = pycrdt.handle_sync_message(message[1:], self.doc)
                    self._remote = False
                    self.updates += 1
                if reply is not None:
                    self._socket.send(reply)
                if message[1] == pycrdt.YSyncMessageType.SYNC_STEP2:
                    self._synced.set()
        except ConnectionClosed:
            return

    def _edited(self, event):
        if not self._remote:
            self._socket.send(pycrdt.create_update_message(event.update))

    # What it shows.

    def widgets(self):
        """Everything as JSON, by number; what was made for another client is not shown."""
        with self._lock:
            whole = self.widgets_root.to_py() or {}
        return {int(wid): widget for wid, widget in whole.items() if widget.get("client") in (None, self.client)}

    def find(self, kind, **state):
        """The numbers of the widgets of a class with these values."""
        found = []
        for wid, widget in sorted(self.widgets().items()):
            known = {**widget.get("state", {}), **({"text": widget["text"]} if "text" in widget else {})}
            if widget["class"] == kind and all(known.get(key) == value for key, value in state.items()):
                found.append(wid)
        return found

    def wait_for(self, kind, **state):
        """Waits until exactly one such widget is shown; its number."""
        what = lambda: f"{self.name} is shown one {kind} with {state}: {self.widgets()}"  # noqa: E731
        return eventually(lambda: (lambda found: found[0] if len(found) == 1 else None)(self.find(kind, **state)), what)

    def state(self, wid, key):
        return self.widgets().get(wid, {}).get("state", {}).get(key)

    def text(self, wid):
        return self.widgets().get(wid, {}).get("text")

    def program(self):
        """What is said of the program: waiting, connected or gone."""
        with self._lock:
            return (self.info.to_py() or {}).get("program", {}).get("state")

    # What people do.

    def type(self, wid, index, text):
        """Types into a text, as every page may."""
        with self._lock:
            self.widgets_root[str(wid)]["text"].insert(index, text)

    def act(self, wid, action, *args):
        """Does something to a widget; what the server answers."""
        return self.act_all([(wid, action, args)])

    def act_all(self, doings):
        callbacks = [{"wid": wid, "action": action, "args": list(args), "client": self.client} for wid, action, args in doings]
        return self.server.rest("POST", f"/api/widgets/{self.session}/callbacks", {"callbacks": callbacks})

    def refused(self, wid, action, *args):
        """Does what the server refuses; the code of its answer."""
        try:
            self.act(wid, action, *args)
        except urllib.error.HTTPError as error:
            with error:
                return json.loads(error.read())["error"]["code"]
        raise AssertionError(f"{action} was not refused")
