"""Values on their way to the server and back: widgets as references, arrays and bytes beside the JSON, JSON that is JSON.

Imports nothing of ours. Invariant: what leaves here can be written as JSON that every browser reads, or is an error that
names the value.
"""

from __future__ import annotations

import base64
import datetime
import enum
import math
import mimetypes
import os
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Protocol, Tuple, Union

_ITEM_BYTES = {
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "float32": 4,
    "float64": 8,
}


class Buffer:
    """Bytes with the shape and the type of an array, such as an image of (height, width, 4) bytes.

    `dtype` is one of uint8, uint16, uint32, int8, int16, int32, float32, float64. Raises ValueError when bytes, shape and
    type do not agree. NumPy arrays and whatever else looks like one are taken as they are and need no Buffer.
    """

    __slots__ = ("data", "shape", "dtype")

    def __init__(self, data: Any, shape: Tuple[int, ...], dtype: str = "uint8") -> None:
        if dtype not in _ITEM_BYTES:
            raise ValueError(f"an array of {dtype} cannot be sent; use one of {', '.join(_ITEM_BYTES)}")
        self.data = bytes(data)
        self.shape = tuple(int(length) for length in shape)
        self.dtype = dtype
        expected = _ITEM_BYTES[dtype] * math.prod(self.shape)
        if not self.shape or min(self.shape) <= 0 or expected != len(self.data):
            raise ValueError(
                f"{len(self.data)} bytes are no array of shape {self.shape} and type {dtype}: {expected} are needed"
            )

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"Buffer(<{len(self.data)} bytes>, shape={self.shape}, dtype={self.dtype!r})"


class Array(Protocol):
    """What arrays of NumPy, and of libraries that copy its face, have."""

    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> Any: ...
    def tobytes(self) -> bytes: ...


Data = Union[bytes, bytearray, memoryview, Buffer, Array, str, "os.PathLike[str]"]


def looks_like_array(value: Any) -> bool:
    """Whether it is an array of NumPy or of a library that copies its face."""
    return all(hasattr(value, name) for name in ("dtype", "shape", "tobytes")) and value.shape != ()


def as_bytes(value: Any) -> Optional[Buffer]:
    """The value as what is sent beside the JSON, or None if it belongs into it. Plain bytes have the shape of a row."""
    if isinstance(value, Buffer):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        return Buffer(raw, (len(raw),)) if raw else None
    if looks_like_array(value):
        return Buffer(value.tobytes(), value.shape, _dtype_name(value))
    return None


def _dtype_name(array: Any) -> str:
    order = getattr(array.dtype, "byteorder", "=")
    if order == ">":
        raise ValueError(
            "an array in big-endian order cannot be sent; convert it with array.astype(array.dtype.newbyteorder('<'))"
        )
    return str(getattr(array.dtype, "name", array.dtype))


def outgoing(value: Any) -> Any:
    """The value as JSON: widgets as `{"__wid__": number}`, NaN and infinities as null, arrays as lists.

    Raises TypeError, naming the value, for what JSON has no form for.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): outgoing(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [outgoing(inner) for inner in value]
    return _converted(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(outgoing(key))


def _converted(value: Any) -> Any:
    reference = getattr(value, "_reference", None)
    if callable(reference):
        return reference()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "data:application/octet-stream;base64," + base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, enum.Enum):
        return outgoing(value.value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    # Scalars and arrays of NumPy and pandas, which this package does not know.
    for name in ("tolist", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return outgoing(convert())
    if isinstance(value, Buffer):
        raise TypeError("an array is sent as the first argument only, as in image.set_binary_image(array)")
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be sent: give text, numbers, lists, dicts or widgets")


def incoming(value: Any, widget_of: Callable[[int, Optional[str]], Any]) -> Any:
    """A value of the server; references become the widgets that `widget_of(number, class)` gives."""
    if isinstance(value, list):
        return [incoming(inner, widget_of) for inner in value]
    # What is more than a dict, such as an upload, is no JSON of the server's.
    if type(value) is dict:
        if isinstance(value.get("__wid__"), int):
            return widget_of(value["__wid__"], value.get("__class__"))
        return {key: incoming(inner, widget_of) for key, inner in value.items()}
    return value


def is_file(value: Any) -> bool:
    """Whether the value names a file of this machine, rather than an address."""
    if isinstance(value, os.PathLike):
        return True
    if not isinstance(value, str) or len(value) > 4096 or ":" in value[:6] or "\n" in value:
        return False
    return os.path.isfile(value)


def data_address(path: Any) -> str:
    """A file as a `data:` address, which needs no server to serve it. Raises OSError."""
    mime = mimetypes.guess_type(Path(path).name)[0] or "application/octet-stream"
    return f"data:{mime};base64,{base64.b64encode(Path(path).read_bytes()).decode('ascii')}"
