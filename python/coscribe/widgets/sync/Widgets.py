"""The classes of widgets of ordinary programs, made from the table; derive your own from them."""

from typing import Any

from .._widget import Widget as _Widget
from .._widget import all_classes


class Widget(_Widget):
    """What all of them have; its calls return when the server has them."""

    def __init__(self, session: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(session, *args, **kwargs)
        self._session._finish(self.__dict__.pop("_made"))


classes = all_classes(Widget, __name__)
globals().update(classes)
__all__ = [*classes, "Widget"]
