"""Calls that are not waited for one by one, and what is awaited of the others.

Imports errors and the link. Invariant: what is gathered is sent before its block ends, also when the block fails.
"""

from __future__ import annotations

import contextvars
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Tuple

from ..errors import SetupError
from ._calls import caller
from ._link import Message, Request

if TYPE_CHECKING:
    from ._session import Session


class Gathering:
    """Calls that are not waited for one by one: those of a setup, or of a batch. What is refused is told at the end."""

    def __init__(self, session: Session, batched: bool) -> None:
        self.session = session
        self.batched = batched
        self.closed = False
        self._sent: List[Tuple[Request, List[str]]] = []
        self._calls: List[Message] = []
        self._places: List[str] = []

    def add(self, request: Request) -> None:
        """Remembers what is on its way."""
        if not _is_fine(request):
            self._sent.append((request, [caller()]))

    def gather(self, call: Message) -> None:
        """Keeps a call back until the others are there."""
        self._calls.append({key: value for key, value in call.items() if key != "type"})
        self._places.append(caller())

    def flush(self) -> None:
        """Sends what was kept back, as one message."""
        if self._calls:
            calls, places = self._calls, self._places
            self._calls, self._places = [], []
            self._sent.append((self.session._link.request({"type": "batch", "calls": calls}), places))

    def requests(self) -> List[Request]:
        """What is to be waited for."""
        return [request for request, _ in self._sent]

    def finish(self) -> None:
        """Raises SetupError if anything was refused; everything is answered now."""
        errors = [error for request, places in self._sent for error in _errors(request, places)]
        self._sent.clear()
        if errors:
            raise SetupError(errors)


def _is_fine(request: Request) -> bool:
    return request.answer.done() and request.answer.exception() is None


def _errors(request: Request, places: List[str]) -> List[str]:
    failure = request.answer.exception()
    if failure is not None:
        return [f"{places[0]}: {failure}"]
    value = request.answer.result().get("value")
    refused = value if isinstance(value, dict) else {}
    errors, at = refused.get("errors") or [], refused.get("at") or []
    return [f"{_place(places, at, number)}: {error}" for number, error in enumerate(errors)]


def _place(places: List[str], at: List[int], number: int) -> str:
    """Where in the program the call stands that was refused as this one of a batch."""
    index = at[number] if number < len(at) else 0
    return places[index] if index < len(places) else places[0]


# The setup or batch in which the code that runs is.
current: contextvars.ContextVar[Optional[Gathering]] = contextvars.ContextVar("gathering", default=None)


def gathering_of(session: Session) -> Optional[Gathering]:
    """The setup or batch of this session in which the caller is."""
    found = current.get()
    return found if found is not None and found.session is session and not found.closed else None


@dataclass(eq=False)
class Outcome:
    """An answer that is awaited, and what to make of it. No request: there is nothing to wait for."""

    request: Optional[Request]
    convert: Callable[[Any], Any]
    awaited: bool = False

    def value(self, answer: Message) -> Any:
        return self.convert(answer.get("value"))


def nothing(_: Any) -> None:
    return None


DONE = Outcome(None, nothing)
