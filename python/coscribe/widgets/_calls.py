"""From a call in Python to a message: arguments by name or position, and what the server's answer means.

Imports the table and values. Invariant: a wrong call is a TypeError here, in the words of the table, and never travels.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple

from ._table import Method, Parameter, WidgetClass
from ._values import data_address, is_file

_MISSING = object()
_PACKAGE = __name__.rsplit(".", 1)[0]

# The first bytes of the kinds of pictures that browsers draw.
_SIGNATURES = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8", "jpeg"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
    (b"<svg", "svg+xml"),
    (b"<?xml", "svg+xml"),
)


def arranged(method: Method, args: Sequence[Any], given: Mapping[str, Any]) -> List[Any]:
    """The arguments in order; what was left out at the end stays out. Raises TypeError."""
    kwargs = dict(given)
    parameters = method.parameters
    if len(args) > len(parameters):
        _refuse(method, f"takes {len(parameters)} arguments, {len(args)} were given")
    values = [_taken(method, parameter, at, args, kwargs) for at, parameter in enumerate(parameters)]
    if parameters and parameters[-1].type == "options":
        values[-1] = _options(values[-1], kwargs, parameters[-1].required)
    elif kwargs:
        _refuse(method, f"has no parameter {', '.join(sorted(kwargs))}")
    while values and values[-1] is _MISSING:
        values.pop()
    return [None if value is _MISSING else prepared(parameter, value) for parameter, value in zip(parameters, values)]


def _taken(method: Method, parameter: Parameter, at: int, args: Sequence[Any], kwargs: Dict[str, Any]) -> Any:
    if at < len(args):
        if parameter.name in kwargs and parameter.type != "options":
            _refuse(method, f"was given {parameter.name} twice")
        return args[at]
    value = kwargs.pop(parameter.name, _MISSING)
    if value is _MISSING and parameter.required and parameter.type != "options":
        _refuse(method, f"needs {parameter.name}")
    return value


def _options(value: Any, kwargs: Dict[str, Any], required: bool) -> Any:
    """Further keyword arguments become the options; a text alone is the option `text`."""
    if value is _MISSING and not kwargs and not required:
        return _MISSING
    base = {} if value is _MISSING or value is None else value
    base = {"text": base} if isinstance(base, str) else dict(base)
    return {**base, **kwargs}


def _refuse(method: Method, what: str) -> NoReturn:
    names = ", ".join(parameter.name for parameter in method.parameters)
    raise TypeError(f"{method.name}({names}) {what}")


def prepared(parameter: Parameter, value: Any) -> Any:
    """What is sent for a value: texts that are None as "", files of this machine as what they hold."""
    if parameter.type == "text":
        return "" if value is None else value
    if parameter.type == "file" and is_file(value):
        return data_address(value)
    return value


def constructed(row: WidgetClass, args: Sequence[Any], given: Mapping[str, Any]) -> Tuple[List[Any], Dict[str, Any]]:
    """The arguments of `create`, and the keyword arguments that are set after it. Raises TypeError."""
    kwargs = dict(given)
    named = [*row.positional, *row.options]
    if len(args) > len(named):
        raise TypeError(f"{row.name} takes {len(named)} arguments, {len(args)} were given")
    for parameter, value in zip(named, args):
        if parameter.name in kwargs:
            raise TypeError(f"{row.name} was given {parameter.name} twice")
        kwargs[parameter.name] = value
    values = [_constructor_value(parameter, kwargs) for parameter in row.positional]
    options = {parameter.name: _constructor_value(parameter, kwargs) for parameter in row.options}
    options = {name: value for name, value in options.items() if value is not None}
    if options:
        values.append(options)
    while values and values[-1] is None:
        values.pop()
    unknown = [name for name in kwargs if f"set_{name}" not in row.methods]
    if unknown:
        raise TypeError(f"{row.name} has no option {', '.join(unknown)}")
    return values, kwargs


def _constructor_value(parameter: Parameter, kwargs: Dict[str, Any]) -> Any:
    value = kwargs.pop(parameter.name, None)
    return None if value is None else prepared(parameter, value)


def picture_format(data: bytes) -> str:
    """The kind of a picture by its first bytes."""
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), "jpeg")


def caller() -> str:
    """Where in the program's own text the call stands: file and line."""
    frame: Optional[Any] = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "the program"


def converted(kind: Optional[str], value: Any) -> Any:
    """An answer as its method promises it."""
    if kind == "pair" and isinstance(value, list):
        return tuple(value)
    if kind == "str" and value is None:
        return ""
    return value
