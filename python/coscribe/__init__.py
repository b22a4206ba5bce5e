"""Coscribe from Python: programs that draw in the page. See `coscribe.widgets.sync` and `coscribe.widgets.async_`."""

from .errors import CallTimeout, CoscribeError, NotReached, Refused, SessionTaken, SetupError, WidgetError

__all__ = [
    "CallTimeout",
    "CoscribeError",
    "NotReached",
    "Refused",
    "SessionTaken",
    "SetupError",
    "WidgetError",
]
__version__ = "0.1.0"
