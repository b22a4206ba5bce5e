"""What the figures were measured on, and how quiet it was."""

import os
import platform
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.servers import COMMIT_MS

COMMITS = 120
# About what one keystroke adds to a journal.
COMMIT_BYTES = 512


@dataclass
class Machine:
    """The machine as it was when the run began."""

    processor: str
    cores: int
    kernel: str
    memory_gib: float
    load: float
    # What the peers run on.
    runtimes: str

    @classmethod
    def look(cls):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        return cls(processor(), os.cpu_count(), platform.release(), memory, os.getloadavg()[0], runtimes())


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def runtimes():
    try:
        node = subprocess.check_output(["node", "--version"], text=True).strip().removeprefix("v")
    except (OSError, subprocess.CalledProcessError):
        node = "none"
    return f"node {node}, Python {platform.python_version()}"


def raise_file_limit():
    """Ten thousand connections need as many descriptors, in the server and in the generator; both inherit this."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def commit_milliseconds(folder):
    """What a small write costs until it is on the disk that holds `folder`, one a commit interval: median and longest."""
    path = Path(folder) / "commit"
    times = []
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    for _ in range(COMMITS):
        start = time.perf_counter()
        os.write(file, bytes(COMMIT_BYTES))
        os.fdatasync(file)
        times.append(time.perf_counter() - start)
        time.sleep(COMMIT_MS / 1000)
    os.close(file)
    path.unlink()
    return statistics.median(times) * 1000, max(times) * 1000
