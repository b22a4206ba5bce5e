"""What can go wrong, one class for each thing a program can act on. Imports nothing of ours."""

from __future__ import annotations

import json
from typing import Sequence


class CoscribeError(RuntimeError):
    """Anything this package raises about the server; its text is a sentence that says what to do."""


class NotReached(CoscribeError, ConnectionError):
    """The server could not be reached, or not in time."""


class Refused(CoscribeError):
    """The server refused: the token, the session or what was asked for. Asking again gives the same answer."""


class SessionTaken(Refused):
    """Another process drives this session now; one program at a time has it."""


class WidgetError(CoscribeError):
    """The server refused one call: an unknown class, method or widget, or arguments it cannot use. The session goes on."""


class CallTimeout(WidgetError, TimeoutError):
    """No answer came in time."""


class SetupError(WidgetError):
    """Calls of a setup or a batch that the server refused; `errors` has a sentence for each, with its line of the program."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(errors))


def sentence(body: bytes, otherwise: str) -> str:
    """What the body of an answer of the server says went wrong."""
    text = bytes(body).decode("utf-8", "replace").strip()
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text or otherwise
