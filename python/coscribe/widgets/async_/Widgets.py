"""The classes of widgets of programs of asyncio, made from the table; derive your own from them."""

from typing import Any, Generator

from .._widget import Widget as _Widget
from .._widget import all_classes


class Widget(_Widget):
    """What all of them have. It is on its way when it is constructed; `await` waits until the server has it."""

    def __init__(self, session: Any, *args: Any, **kwargs: Any) -> None:
        # Without the replies: one that is kept does not tell of a refusal that nobody awaits.
        self._said = [reply._outcome for reply in self._make(session, args, kwargs)]

    def __await__(self) -> Generator[Any, None, "Widget"]:
        return self._wait().__await__()

    async def _wait(self) -> "Widget":
        for outcome in self.__dict__.pop("_said", []):
            await self._session._finish(outcome)
        return self


classes = all_classes(Widget, __name__)
globals().update(classes)
__all__ = [*classes, "Widget"]
