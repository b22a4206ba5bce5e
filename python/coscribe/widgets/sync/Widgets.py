"""The classes of widgets of ordinary programs, made from the table; derive your own from them."""

from .._widget import Widget as _Widget
from .._widget import all_classes


class Widget(_Widget):
    """What all of them have; its calls return when the server has them."""


classes = all_classes(Widget, __name__)
globals().update(classes)
__all__ = [*classes, "Widget"]
