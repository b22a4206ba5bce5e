"""The real server binary as a child process, for the Python clients."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

DATA = Path(__file__).resolve().parents[2] / "data"
TOKEN = "conformance-token-of-the-tests"
# A loaded machine with two cores; a healthy start takes well under a second.
START_LIMIT_S = 30


class Server:
    """Starts on a free port with an empty data directory; ended and removed on leaving the `with` block."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="coscribe-conformance-")
        self._port = 0
        self.restart()
        return self

    def __exit__(self, *_):
        self.kill()
        self._folder.cleanup()

    def restart(self):
        """Starts the process; the first time on a free port, later on the same one."""
        command = [os.environ["COSCRIBE_BIN"], "serve", "--listen", f"127.0.0.1:{self._port}"]
        self._process = subprocess.Popen(
            [*command, "--data", self._folder.name, "--token", TOKEN],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        address = threading.Event()

        def read():
            for line in self._process.stdout:
                said.append(line)
                found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
                if found and not address.is_set():
                    self._port = int(found.group(1))
                    address.set()
            address.set()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        if not address.wait(START_LIMIT_S) or self._process.poll() is not None:
            raise RuntimeError("the server did not start:\n" + "".join(said))
        eventually(self._ready, "/readyz answers 200", START_LIMIT_S)

    def _ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/readyz").status == 200
        except OSError:
            return False

    def kill(self):
        """`kill -9`, and waits for the end."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def socket_url(self, document):
        return f"ws://127.0.0.1:{self._port}/ws/{quote(document)}?token={TOKEN}"

    def request(self, method, path, body=None, content_type="application/json"):
        """A REST call that must succeed; the raw answer."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request) as response:
            return response.read()

    def rest(self, method, path, body=None):
        """A REST call that must succeed; the parsed answer."""
        answer = self.request(method, path, body)
        return json.loads(answer) if answer else None

    def import_notebook(self, name):
        """Imports a file of tests/data/notebooks; the id it was given."""
        content = (DATA / "notebooks" / name).read_bytes()
        answer = self.request("POST", "/api/notebooks/import", content, "application/x-ipynb+json")
        return json.loads(answer)["id"]

    def create_notebook(self):
        """A notebook with one cell of every kind; its id and that of its first cell, a code cell."""
        notebook = self.rest("POST", "/api/notebooks", {"title": "Live in Python"})["id"]
        [first] = self.cell_ids(notebook)
        self.rest("PUT", f"/api/notebooks/{notebook}/cells/{first}/source", {"source": "1 + 1"})
        for kind, source in [("note", "# Note 😀"), ("prompt", "Why?"), ("raw", "as it is")]:
            body = {"type": kind, "source": source, "id": f"{kind}-1"}
            self.rest("POST", f"/api/notebooks/{notebook}/cells", body)
        return notebook, first

    def cell_ids(self, notebook):
        return [cell["id"] for cell in self.rest("GET", f"/api/notebooks/{notebook}")["cells"]]


def eventually(check, what, limit=10.0):
    """Waits until `check` is true; fails, naming `what`, when it is not within `limit` seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"not within {limit} s: {what() if callable(what) else what}")
