"""Which session a program drives: one it names, the one it had before, or a new one.

Imports the door. Invariant: a session is made only when there is none to take up.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any, Dict, Optional

from ._door import Credentials, Kept, Server

# Parameters of pgwidgets' Application that mean nothing here: the server listens, and a window has any number of browsers.
MEANINGLESS = frozenset({"ws_port", "http_port", "host", "http_server", "max_sessions", "ws_sock", "concurrency_handling"})


class Wanted:
    """A session that a program wants to drive."""

    def __init__(self, server: Server, name: str, title: Optional[str], session: Optional[str], token: Optional[str]) -> None:
        self._server = server
        self._kept = Kept(server, f"{name}\0{session or ''}")
        self._given = Credentials(session, token) if session and token else None
        self._session = session
        self.title = title

    def find(self) -> Credentials:
        """The session to drive; asks the server for a new one if there is none. Raises NotReached and Refused."""
        return self._given or self._kept.read() or self.make()

    def make(self) -> Credentials:
        """A new session, kept for the next start. Raises NotReached and Refused."""
        made = self._server.make_session(self.title or script_name(), self._session)
        self._kept.write(made)
        return made

    @property
    def may_be_replaced(self) -> bool:
        """Whether another session will do if the server no longer has the one that was kept."""
        return self._given is None and self._kept.read() is not None

    def forget(self) -> None:
        """Forgets the session that was kept."""
        self._kept.forget()


def script_name() -> Optional[str]:
    """The name of the program, for lists of sessions; none at a prompt."""
    started = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.splitext(os.path.basename(started))[0] if started else None


def warn_of(ignored: Dict[str, Any]) -> None:
    """Warns of what means nothing here. Raises TypeError for what means nothing anywhere."""
    unknown = [name for name in ignored if name not in MEANINGLESS]
    if unknown:
        raise TypeError(f"Application has no option {', '.join(unknown)}")
    for name in ignored:
        warnings.warn(f"{name} means nothing here: the Coscribe server listens, and any number of browsers come", stacklevel=3)
