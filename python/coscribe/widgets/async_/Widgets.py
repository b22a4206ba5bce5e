"""The classes of widgets of programs of asyncio, made from the table; derive your own from them."""

from typing import Any, Generator

from .._widget import Widget as _Widget
from .._widget import all_classes


class Widget(_Widget):
    """What all of them have. It is on its way when it is constructed; `await` waits until the server has it."""

    def __init__(self, session: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(session, *args, **kwargs)
        self._made = self._session._finish(self._made)

    def __await__(self) -> Generator[Any, None, "Widget"]:
        return self._wait().__await__()

    async def _wait(self) -> "Widget":
        waited = [self.__dict__.pop("_made", None), *self.__dict__.pop("_settings", [])]
        for reply in waited:
            if reply is not None:
                await reply
        return self


classes = all_classes(Widget, __name__)
globals().update(classes)
__all__ = [*classes, "Widget"]
