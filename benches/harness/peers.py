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
    node, python = install_node(), install_python()
    return [
        Kind("y-websocket", y_websocket, "ws://127.0.0.1:{port}/{document}", durable=False, is_peer=True, absent=node),
        Kind("Hocuspocus", hocuspocus, "hocuspocus://127.0.0.1:{port}/{document}", is_peer=True, hangs_up=True, absent=node),
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


def install_node():
    return install_once(FOLDER / "node_modules", "package-lock.json", [["npm", "ci", "--no-progress"]])


def install_python():
    folder = FOLDER / ".venv"
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return install_once(
        folder, "requirements.txt", [[sys.executable, "-m", "venv", str(folder)], [*pip, "--requirement", "requirements.txt"]]
    )


def install_once(folder, wanted, commands):
    """Why it did not work; empty if it did, now or before."""
    ready = folder / ".ready"
    if ready.exists() and ready.stat().st_mtime >= (FOLDER / wanted).stat().st_mtime:
        return ""
    for command in commands:
        print(" ".join(command), flush=True)
        try:
            done = subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except OSError as error:
            return f"not installed: {error}"
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or ["no word"]
            return f"not installed: {words[-1][:100]}"
    ready.touch()
    return ""
