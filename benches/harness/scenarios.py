"""What is done to a server, each in a fresh process on fresh data; the generator checks that all data arrived."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.servers import Server

# Longer than the slowest server takes for the longest recording.
LOAD_LIMIT_S = 150
# Of `automerge-paper`: what a page of notes has.
STORM_EDITS = 26_000
# One document takes a third of a second, which says little of its tenths.
INGESTED = 5

# What a server says of a restart that has no store.
KEEPS_NOTHING = "keeps nothing"


class Failed(Exception):
    """A server did not do what the scenario asks."""


@dataclass
class Recording:
    """A session made ready for the generator, and what a relay greets with instead."""

    file: Path
    greeting: Path
    clock: int
    bytes: int


class Bench:
    """The generator, the recordings, and a folder for data."""

    def __init__(self, generator, folder, trace):
        self.generator, self.folder = generator, Path(folder)
        self.paper = self.record("paper", trace)
        self.page = self.record("page", trace, "--edits", STORM_EDITS)

    def record(self, name, trace, *more):
        file, greeting = self.folder / f"{name}.recording", self.folder / f"{name}.greeting"
        made = self.load("record", "--trace", trace, "--recording", file, "--greeting", greeting, *more)
        return Recording(file, greeting, made["clock"], made["bytes"])

    def load(self, *arguments):
        """Runs the generator; what it found."""
        command = [self.generator, *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_LIMIT_S, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"not done in {LOAD_LIMIT_S} s") from error
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
            raise Failed(words[0].removeprefix("Error: ")[:120])
        return json.loads(done.stdout)

    def on(self, server, scenario, document, *arguments):
        target = ["--address", server.address(document), "--process", server.process.pid]
        return self.load(scenario, *target, *arguments)

    def run(self, scenario, kind):
        """One scenario on one server: figures, or the reason why there are none."""
        folder = self.folder / "data"
        folder.mkdir()
        try:
            found = scenario(self, lambda greeting=None: Server(kind, folder, greeting))
            return found | {"commitMs": kind.commit_ms}
        except (Failed, RuntimeError, OSError) as error:
            return str(error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(".log").unlink(missing_ok=True)


def fan_out(readers, rate, seconds):
    def scenario(bench, serve):
        with serve() as server:
            options = ["--readers", readers, "--rate", rate, "--seconds", seconds]
            return bench.on(server, "fan-out", "typed", *options)

    return scenario


def presence(bench, serve):
    with serve() as server:
        return bench.on(server, "presence", "seen", "--seconds", 4)


def stalled(bench, serve):
    """First nobody stops, then somebody does."""
    with serve() as server:
        control = bench.on(server, "stalled", "read", "--control")
        found = bench.on(server, "stalled", "stopped")
    found["p99Ratio"] = found["worstP99"] / control["worstP99"]
    if not found["complete"]:
        raise Failed(f"never complete; grew by {found['grownBytes'] / 2**20:.1f} MiB")
    return found


def idle(bench, serve):
    """First with what was just typed, then with what was there before the server started."""
    with serve() as server:
        talking = ["--talking"] if server.kind.hangs_up else []
        found = {"typed": bench.on(server, "idle", "{n}", *talking)}
        if server.kind.durable:
            server.restart()
            found["stored"] = bench.on(server, "leave", "{n}")
        return found


def ingest(bench, serve):
    with serve() as server:
        documents = 1 if server.kind.is_peer else INGESTED
        return bench.on(server, "ingest", "{n}", "--recording", bench.paper.file, "--documents", documents)


def join(bench, serve):
    """A document that was there before the server started."""
    with serve(bench.paper.greeting) as server:
        fill(bench, server, bench.paper)
        options = ["--clock", bench.paper.clock, "--one-by-one", 51, "--at-once", 100]
        found = everybody_has_it(bench.on(server, "join", "kept", *options))
        found["first"] = found["first"] if server.kind.durable else KEEPS_NOTHING
        return found


def storm(bench, serve):
    with serve(bench.page.greeting) as server:
        fill(bench, server, bench.page)
        return everybody_has_it(bench.on(server, "join", "kept", "--clock", bench.page.clock, "--at-once", 2000))


def fill(bench, server, recording):
    """Gives the server a document, and restarts it. A relay keeps none and greets with the same bytes."""
    if server.kind.name == "relay":
        return
    if server.kind.is_peer:
        # Edit by edit some of them take a minute; at once is no disadvantage.
        bench.load("give", "--address", server.address("kept"), "--recording", recording.file)
    else:
        bench.on(server, "ingest", "kept", "--recording", recording.file)
    if server.kind.durable:
        server.restart()


def everybody_has_it(found):
    if found["failed"] or found["incomplete"]:
        reason = f" ({found['failure']})" if found["failure"] else ""
        raise Failed(f"{found['failed']} refused{reason}, {found['incomplete']} without the document")
    return found
