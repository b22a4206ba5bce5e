"""The other servers, installed by name and exact version into `benches/peers`.

What cannot be installed here is a server that says so in the table.
"""

import subprocess
import sys
from pathlib import Path

from harness.servers import Kind

FOLDER = Path(__file__).resolve().parents[1] / "peers"
PYTHON = FOLDER / ".venv" / "bin" / "python"


def all_of_them():
    node, python = install(["npm", "ci", "--no-progress"]), install_python()
    return [
        Kind("y-websocket", y_websocket, "ws://127.0.0.1:{port}/{document}", durable=False, is_peer=True, absent=node),
        Kind("Hocuspocus", hocuspocus, "hocuspocus://127.0.0.1:{port}/{document}", is_peer=True, absent=node),
        Kind("pycrdt", pycrdt, "ws://127.0.0.1:{port}/{document}", is_peer=True, absent=python),
    ]


def y_websocket(port, _data, _greeting):
    """Its own program. It keeps nothing: what its README says of persistence is commented out in 0.1.5."""
    program = FOLDER / "node_modules" / "@y" / "websocket-server" / "src" / "server.js"
    return ["env", "HOST=127.0.0.1", f"PORT={port}", "node", str(program)]


def hocuspocus(port, data, _greeting):
    return ["node", str(FOLDER / "hocuspocus.js"), str(port), str(data)]


def pycrdt(port, data, _greeting):
    return [str(PYTHON), str(FOLDER / "pycrdt_server.py"), str(port), str(data)]


def install_python():
    if not PYTHON.exists():
        failure = install([sys.executable, "-m", "venv", str(FOLDER / ".venv")])
        if failure:
            return failure
    quiet = ["--quiet", "--disable-pip-version-check"]
    return install([str(PYTHON), "-m", "pip", "install", *quiet, "--requirement", "requirements.txt"])


def install(command):
    """Why it did not work; empty if it did."""
    print(" ".join(command), flush=True)
    try:
        done = subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        return f"not installed: {error}"
    words = done.stderr.strip().splitlines() or ["no word"]
    return "" if done.returncode == 0 else f"not installed: {words[-1][:100]}"
