#!/usr/bin/env python3
"""Runs every check and every test suite, one after the other, and counts.

Each suite runs to its end whatever happened to the one before. Fails when anything failed, and when a suite that ended
well had run no test. The last line is the sum of all: `N passed, N failed`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
CONFORMANCE = ROOT / "tests" / "conformance"
# The Python environment that a server made in the Rust tests, because somebody ran a cell.
MADE = ROOT / "target" / "tmp" / "it-kernels" / "python"
# One that hangs must not take the whole run with it. The first is for all of a suite, the second for its next line.
SUITE_LIMIT_S = 20 * 60
SILENCE_LIMIT_S = 6 * 60

# What libtest says of a test that takes long, and of any at its end.
SLOW = re.compile(r"^test (\S+) has been running for over 60 seconds")
DONE = re.compile(r"^test (\S+) \.\.\. ")
# How libtest, node (in both of its manners), vitest and unittest name a test that failed.
FAILED = re.compile(r"^(?:test (?=\S+ \.\.\. FAILED)|\s*✖ |\s*not ok \d+ - |\s*FAIL\s+|(?:FAIL|ERROR): )(\S.*)")


@dataclass
class Suite:
    """A command, where it runs, and how its output tells what passed and failed."""

    name: str
    command: list[str]
    folder: Path
    patterns: list[str] = field(default_factory=list)
    variables: dict[str, Path] = field(default_factory=dict)
    # A suite with no patterns is a check: it passes or fails as a whole.
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    # Tests that run for long.
    slow: set[str] = field(default_factory=set)
    # What the end of the output repeats, in its order and once.
    remarks: dict[str, None] = field(default_factory=dict)

    def count(self, line):
        self.slow.update(SLOW.findall(line))
        self.slow.difference_update(DONE.findall(line))
        self.remarks.update(dict.fromkeys(FAILED.findall(line)))
        for pattern in self.patterns:
            for found in re.finditer(pattern, line):
                counts = {key: int(value) for key, value in found.groupdict().items() if value}
                self.passed += counts.get("passed", 0) - counts.get("failed_of_all", 0)
                self.failed += sum(counts.get(key, 0) for key in ("failed", "errors", "failed_of_all"))

    def end(self, code):
        """Reads the exit code: a check as such, a suite for what its counts do not tell."""
        # unittest counts failed parts of one test one by one.
        self.passed = max(self.passed, 0)
        if not self.patterns:
            self.passed, self.failed = (1, 0) if code == 0 else (0, 1)
        elif code != 0 and self.failed == 0:
            waiting = f" while it waited for {', '.join(sorted(self.slow))}" if self.slow else ""
            self.remarks[f"exit code {code} without a failed test{waiting}; counted as one failure"] = None
            self.failed = 1
        elif self.passed + self.failed == 0:
            self.remarks["ran no test; counted as one failure"] = None
            self.failed = 1


CARGO = [r"^test result: \w+\. (?P<passed>\d+) passed; (?P<failed>\d+) failed"]
NODE = [r"^(?:#|ℹ) pass (?P<passed>\d+)$", r"^(?:#|ℹ) (?:fail|cancelled) (?P<failed>\d+)$"]
VITEST = [r"^\s+Tests\s.*?(?P<failed>\d+) failed", r"^\s+Tests\s.*?(?P<passed>\d+) passed"]
# unittest tells how many ran, and afterwards how many of those failed.
UNITTEST = [r"^Ran (?P<passed>\d+) tests? in", r"failures=(?P<failed_of_all>\d+)", r"errors=(?P<failed_of_all>\d+)"]


def suites():
    node_files = sorted(str(path.relative_to(CONFORMANCE)) for path in CONFORMANCE.glob("suites/*.test.js"))
    python = str(ROOT / ".venv" / "bin" / "python")
    node = ["node", "--test", "--test-concurrency=2", "--test-reporter=spec", *node_files]
    return [
        Suite("Rust format", ["cargo", "fmt", "--all", "--check"], ROOT),
        Suite("web types", ["npm", "run", "check"], WEB),
        Suite("web tests", ["npm", "test"], WEB, VITEST),
        Suite("web build", ["npm", "run", "build"], WEB),
        # Makes all binaries too, which all that follow run and drive.
        Suite("Rust lints, build", ["cargo", "test", "--locked", "--workspace", "--no-run"], ROOT),
        Suite("Rust tests", ["cargo", "test", "--locked", "--workspace", "--no-fail-fast"], ROOT, CARGO),
        Suite("language model", ["cargo", "test", "--locked", "--workspace", "--test", "llm", "--test", "it", "--", "--ignored"], ROOT, CARGO),
        Suite("Yjs clients", node, CONFORMANCE, NODE),
        Suite("Python clients", [python, "-m", "unittest", "discover", "-s", "python"], CONFORMANCE, UNITTEST),
        Suite("browser", ["npm", "run", "e2e"], WEB, NODE, {"COSCRIBE_TEST_KEEP_ENVIRONMENT": MADE}),
    ]


def environment():
    """Plain output to count in, lints with every build, and the one binary that every suite drives, with pages as they are
    released."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COSCRIBE_") or key == "COSCRIBE_SEED"}
    asked = ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"]
    target = json.loads(subprocess.check_output(asked, cwd=ROOT))["target_directory"]
    return kept | {
        "CARGO_TERM_COLOR": "never",
        "COSCRIBE_BIN": str(Path(target) / "debug" / "coscribe"),
        "COSCRIBE_BUILT_FOR_PRODUCTION": "1",
        "FORCE_COLOR": "0",
        "NO_COLOR": "1",
        "RUSTC_WORKSPACE_WRAPPER": str(ROOT / "tests" / "linting"),
        # Most of them wait for a server, a kernel or a disk.
        "RUST_TEST_THREADS": str((os.cpu_count() or 2) + 1),
    }


def run(suite, env):
    print(f"\n=== {suite.name}: {' '.join(suite.command)}", flush=True)
    start = time.monotonic()
    there = {name: str(path) for name, path in suite.variables.items() if path.exists()}
    process = subprocess.Popen(
        suite.command,
        cwd=suite.folder,
        env=env | there,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    watch(process, start, spoke := [start])
    for line in process.stdout:
        print(line, end="", flush=True)
        spoke[0] = time.monotonic()
        suite.count(line.rstrip("\n"))
    suite.end(process.wait())
    suite.seconds = time.monotonic() - start


def watch(process, start, spoke):
    """Ends a suite that takes too long, or says nothing for too long."""

    def look():
        while process.poll() is None:
            if min(start + SUITE_LIMIT_S, spoke[0] + SILENCE_LIMIT_S) < time.monotonic():
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(1)

    threading.Thread(target=look, daemon=True).start()


def main():
    wanted = sys.argv[1:]
    chosen = [suite for suite in suites() if not wanted or suite.name in wanted]
    env = environment()
    for suite in chosen:
        run(suite, env)
    print(f"\n{'suite':<20}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for suite in chosen:
        print(f"{suite.name:<20}{suite.passed:>8}{suite.failed:>8}{suite.seconds:>9.1f}")
    for suite in chosen:
        for remark in suite.remarks:
            print(f"{suite.name}: {remark}")
    passed, failed = sum(suite.passed for suite in chosen), sum(suite.failed for suite in chosen)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
