"""The servers that are measured: how each is started, where its documents are, how it is stopped.

A server always starts on a data directory of its own; it may be stopped and started on it again.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

STARTING_S = 30
STOPPING_S = 15
# No politeness towards the one client that types for a hundred.
UNLIMITED = 2**32 - 1
CONNECTIONS = 20_000
# `COMMIT_INTERVAL` of `storage/src/store.rs`.
COMMIT_MS = 25


@dataclass
class Kind:
    """One server of the comparison."""

    name: str
    # From a port, a data directory and a greeting to what is run.
    command: callable
    # `{port}` and `{document}` in it.
    address: str
    # Documents outlive the process.
    durable: bool = True
    is_peer: bool = False
    # It closes on clients that say nothing, which renew their presence then.
    hangs_up: bool = False
    # How long a change may wait for others before it is made durable; nothing is shown before.
    commit_ms: float = 0
    environment: dict = field(default_factory=dict)
    # Why it cannot be run, if it cannot.
    absent: str = ""


def coscribe(binary):
    def command(port, data, _greeting):
        limits = ["--messages-per-second", str(UNLIMITED), "--max-connections", str(CONNECTIONS)]
        return [binary, "serve", "--no-token", "--listen", f"127.0.0.1:{port}", "--data", str(data), *limits]

    return Kind("Coscribe", command, "ws://127.0.0.1:{port}/ws/doc:{document}", commit_ms=COMMIT_MS)


def relay(generator):
    def command(port, _data, greeting):
        return [generator, "relay", "--listen", f"127.0.0.1:{port}", *(["--greeting", str(greeting)] if greeting else [])]

    return Kind("relay", command, "relay://127.0.0.1:{port}/{document}", durable=False)


class Server:
    """A running server; its process ends with the `with` block."""

    def __init__(self, kind, folder, greeting=None):
        self.kind, self.folder, self.greeting = kind, Path(folder), greeting
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = self.kind.command(self.port, self.folder, self.greeting)
        with open(self.folder.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.kind.environment, "RUST_BACKTRACE": "0"},
                start_new_session=True,
            )
        try:
            self.wait_until_it_answers()
        except RuntimeError:
            self.stop()
            raise

    def wait_until_it_answers(self):
        deadline = time.monotonic() + STARTING_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with code {self.process.returncode}: {self.last_words()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise RuntimeError("does not listen")

    def last_words(self):
        lines = self.folder.with_suffix(".log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:120] if lines else "no word"

    def stop(self):
        """Asks it to stop, and ends it when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOPPING_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def address(self, document):
        return self.kind.address.format(port=self.port, document=document)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
