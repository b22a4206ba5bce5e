"""Programs of the package `coscribe` as processes of their own, which tests end as they like."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from server import TOKEN, eventually

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "python"


class Program:
    """One script against one server. It keeps what it keeps between its lives in a folder of its own."""

    def __init__(self, server, text, name="program.py"):
        self.server = server
        self._folder = tempfile.TemporaryDirectory(prefix="coscribe-program-")
        self.path = Path(self._folder.name) / name
        self.path.write_text(text)
        self.said = []
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self._folder.cleanup()

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("COSCRIBE_")}
        state = str(Path(self._folder.name) / "state")
        return kept | {
            "COSCRIBE_TOKEN": TOKEN,
            "COSCRIBE_URL": self.server.url,
            "PYTHONPATH": str(PYTHON),
            "PYTHONUNBUFFERED": "1",
            "XDG_STATE_HOME": state,
        }

    def start(self):
        command = [sys.executable, str(self.path)]
        self._process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output):
        for line in output:
            self.said.append(line.rstrip("\n"))

    def kill(self):
        """`kill -9`, and waits for the end."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def wait(self, limit=20):
        """Waits for its end; its exit code."""
        code = self._process.wait(limit)
        self._reader.join()
        self._process.stdout.close()
        self._process = None
        return code

    def says(self, text, limit=15.0):
        """Waits until it has printed a line with this in it; the line."""
        found = lambda: next((line for line in self.said if text in line), None)  # noqa: E731
        return eventually(found, lambda: f"the program says {text!r}: {self.said}", limit)

    @property
    def session(self):
        """The session it drives, by the address that it prints."""
        return self.says(" is shown at ").rsplit("/", 1)[1]

    def kept(self):
        """What it keeps for its next life: files and what is in them."""
        folder = Path(self._folder.name) / "state"
        return {path: json.loads(path.read_text()) for path in folder.rglob("*.json")}
