"""Where the server is, who may come in, and which session a script took up before.

Imports errors and what is known of kernels. Invariant: a secret lies in files that their owner alone can read, and is part
of no message.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from ..errors import NotReached, Refused, sentence
from . import _kernel

DEFAULT_ADDRESS = "http://127.0.0.1:8000"
# Seconds for one request: a server on this machine answers at once, one elsewhere within a few round trips.
REQUEST_TIMEOUT = 10.0


@dataclass(frozen=True)
class Credentials:
    """A session and the secret of the program that drives it."""

    session: str
    token: str


class Server:
    """One server, by its address and the token that lets programs in."""

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None) -> None:
        address = url or os.environ.get("COSCRIBE_URL") or _line(_data_directory() / "address") or DEFAULT_ADDRESS
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address} is no address; write it as in {DEFAULT_ADDRESS}")
        self.url = address.rstrip("/")
        self.token = token or os.environ.get("COSCRIBE_TOKEN") or _line(_data_directory() / "token")

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, which no proxy can reach for us."""
        host = urllib.parse.urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    def page(self, session: str) -> str:
        """The address of a session's page; it carries no secret."""
        return f"{self.url}/widgets/{urllib.parse.quote(session)}"

    def socket(self, session: str) -> str:
        """The address of the program's door."""
        return f"ws{self.url[4:]}/api/widgets/{urllib.parse.quote(session)}/program"

    def headers(self) -> Dict[str, str]:
        """What lets a request in."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def make_session(self, title: Optional[str] = None, session: Optional[str] = None) -> Credentials:
        """Makes a session. Raises NotReached and Refused."""
        given = {"title": title, "id": session}
        made = self.request("POST", "/api/widgets", {key: value for key, value in given.items() if value is not None})
        return Credentials(made["id"], made["token"])

    def delete_session(self, session: str) -> None:
        """Deletes a session with all it shows. Raises NotReached and Refused."""
        self.request("DELETE", f"/api/widgets/{urllib.parse.quote(session)}")

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Asks by REST and reads the JSON answer. Raises NotReached and Refused."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers(), **({} if data is None else {"Content-Type": "application/json"})}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        proxies = urllib.request.ProxyHandler({}) if self.is_local else urllib.request.ProxyHandler()
        try:
            with urllib.request.build_opener(proxies).open(request, timeout=REQUEST_TIMEOUT) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, urllib.error.URLError) as error:
            raise self.not_reached(getattr(error, "reason", error)) from None
        return json.loads(content) if content else None

    def not_reached(self, cause: Any) -> NotReached:
        """What is told when nobody answers."""
        return NotReached(
            f"{self.url} is not reached: {cause}. Is the server running? Start it with `coscribe serve`, or set COSCRIBE_URL."
        )

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        said = sentence(error.read(), error.reason)
        if error.code >= 500 or error.code == 429:
            return self.not_reached(f"it answers {error.code}, {said}")
        if error.code == 401:
            said += " Set COSCRIBE_TOKEN to the server's token, or to one with the scope widgets:drive."
        return Refused(said)


def _data_directory() -> Path:
    """Where a server of this user keeps its data; the command line looks there too."""
    given = os.environ.get("COSCRIBE_DATA")
    if given:
        return Path(given)
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share") / "coscribe"


def _line(path: Path) -> Optional[str]:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


class Kept:
    """The session of one script, by its name in it, kept so that the script takes it up when it is started again."""

    def __init__(self, server: Server, name: str) -> None:
        script = _script()
        self._path: Optional[Path] = None
        if script is not None:
            key = hashlib.sha256("\0".join([server.url, script, name]).encode()).hexdigest()
            self._path = _state_directory() / f"{key[:32]}.json"

    def read(self) -> Optional[Credentials]:
        """The session of before, if there is one."""
        if self._path is None:
            return None
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return Credentials(str(kept["session"]), str(kept["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, credentials: Credentials) -> None:
        """Keeps a session, readable by this user alone. That it cannot be kept is no failure: the next start makes another."""
        if self._path is None:
            return
        written = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"session": credentials.session, "token": credentials.token}, file)
            os.replace(written, self._path)
        except OSError:
            return

    def forget(self) -> None:
        """Forgets it: the server no longer has it."""
        if self._path is not None:
            try:
                self._path.unlink()
            except OSError:
                return


def _script() -> Optional[str]:
    """What tells this program from others: the cell of a notebook, the file that was started, nothing at a prompt."""
    cell = _kernel.cell()
    if cell is not None:
        # Named by the server that started the kernel; elsewhere the folder is the nearest to a name.
        return f"cell:{os.environ.get('COSCRIBE_NOTEBOOK') or os.getcwd()}:{cell}"
    started = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.realpath(started) if started else None


def _state_directory() -> Path:
    base = os.environ.get("XDG_STATE_HOME", "")
    if os.name == "nt" and not base:
        base = os.environ.get("LOCALAPPDATA", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state") / "coscribe" / "widgets"
