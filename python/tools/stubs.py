#!/usr/bin/env python3
"""Writes what editors and type checkers read of the classes of widgets, out of the one table they are made from.

`python tools/stubs.py` writes the files, `--check` fails if they are not as it would write them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coscribe.widgets._table import CLASSES, COMMON, SHARED
from coscribe.widgets._widget import attributes

WIDGETS = Path(__file__).resolve().parents[1] / "coscribe" / "widgets"

GIVEN = {
    "text": "Optional[str]",
    "str": "str",
    "int": "int",
    "num": "float",
    "bool": "bool",
    "any": "Any",
    "widget": "Widget",
    "pair": "Tuple[float, float]",
    "path": "Union[str, Sequence[Any]]",
    "file": "Union[str, PathLike[str]]",
    "data": "Data",
    "options": "Union[str, Mapping[str, Any], None]",
    "list": "Sequence[Any]",
}
TOLD = {**GIVEN, "text": "str", "list": "List[Any]"}

HEADER = '''"""Generated from the table of classes by tools/stubs.py."""

from os import PathLike
from typing import Any, Dict, Generator, List, Mapping, Optional, Sequence, Tuple, Type, Union

from .._values import Data
from .._widget import Widget as _Widget
'''


class Flavour:
    """One kind of program: how its calls give their results."""

    def __init__(self, folder, wraps, imports):
        self.folder, self.imports, self.result = folder, imports, wraps.format


SYNC = Flavour("sync", "{}", "")
ASYNC = Flavour("async_", "Reply[{}]", "from ._reply import Reply\n")


def given(kind):
    return GIVEN.get(kind, kind)


def told(kind):
    return "None" if kind is None else TOLD.get(kind, kind)


def parameters(listed):
    parts = []
    for at, parameter in enumerate(listed):
        last = all(not later.required for later in listed[at + 1 :])
        may_go = not parameter.required or parameter.type == "options"
        kind = optional(given(parameter.type)) if may_go else given(parameter.type)
        parts.append(f"{parameter.name}: {kind}{' = ...' if may_go and last else ''}")
    return parts + (["**more: Any"] if any(parameter.type == "options" for parameter in listed) else [])


def constructor(row):
    listed = [*row.positional, *row.options]
    parts = [f"{parameter.name}: {optional(given(parameter.type))} = ..." for parameter in listed]
    return [*parts, "**settings: Any"]


def optional(kind):
    return kind if kind == "Any" or kind.startswith("Optional") or kind.endswith("None]") else f"Optional[{kind}]"


def signature(name, parts, result):
    return f"    def {name}({', '.join(['self', *parts])}) -> {result}: ..."


def attribute(flavour, listed, name):
    setter, getter = listed.get(f"set_{name}"), listed.get(f"get_{name}")
    kinds = [given(parameter.type) for parameter in setter.parameters] if setter else []
    value = kinds[0] if len(kinds) == 1 else "Any"
    if not getter:
        return [f"    {name}: {value}"]
    lines = ["    @property", signature(name, [], flavour.result(told(getter.result)))]
    return lines + ([f"    @{name}.setter", signature(name, [f"value: {value}"], "None")] if setter else [])


def visible(flavour):
    read = signature("visible", [], flavour.result("bool"))
    return ["    @property", read, "    @visible.setter", signature("visible", ["value: bool"], "None")]


BASES = {"hidden": "Widget", "visual": "Visual", "container": "Container"}


def methods(flavour, listed, inherited):
    for method in listed.values():
        if method.name in ("destroy", "update") or inherited.get(method.name) == method:
            continue
        overrides = "  # type: ignore[override]" if method.name in inherited else ""
        yield signature(method.name, parameters(method.parameters), flavour.result(told(method.result))) + overrides


def members(flavour, listed, inherited):
    for name in attributes(listed):
        if f"set_{name}" not in inherited and f"get_{name}" not in inherited:
            yield from attribute(flavour, listed, name)
    yield from methods(flavour, listed, inherited)
    yield ""


def widget(flavour, row):
    inherited = dict(COMMON[row.kind])
    for name in row.shares:
        inherited.update(SHARED[name])
    bases = [*(f"_{name}" for name in row.shares), *([] if row.shares and row.kind == "visual" else [BASES[row.kind]])]
    yield f"class {row.name}({', '.join(bases)}):"
    yield signature("__init__", ["session: Any", *constructor(row)], "None")
    if flavour is ASYNC:
        yield signature("__await__", [], f"Generator[Any, None, {row.name}]")
    yield from members(flavour, row.methods, inherited)


def common(flavour):
    yield "class Widget(_Widget):"
    for name, parts in EVERY.items():
        yield signature(name, parts, flavour.result("None"))
    yield "\nclass Visual(Widget):"
    yield from visible(flavour)
    yield from members(flavour, COMMON["visual"], {})
    yield "class Container(Visual):"
    yield from members(flavour, COMMON["container"], COMMON["visual"])
    for name, listed in SHARED.items():
        yield f"class _{name}(Visual):"
        yield from members(flavour, listed, COMMON["visual"])


def classes(flavour):
    yield HEADER + flavour.imports
    yield from common(flavour)
    for row in CLASSES.values():
        yield from widget(flavour, row)
    yield "classes: Dict[str, Type[_Widget]]"


HANDLER = ["action: str", "handler: Any", "*args: Any", "**kwargs: Any"]
EVERY = {
    "on": HANDLER,
    "add_callback": HANDLER,
    "off": ["action: str", "handler: Any = ..."],
    "destroy": [],
    "update": [],
}


def bound(flavour):
    yield HEADER + "\nfrom . import Widgets as made\nfrom .Widgets import Widget\n"
    yield "class Bound:"
    yield '    """The classes of widgets, bound to a session or to one client."""\n'
    for row in CLASSES.values():
        yield signature(
            row.name, [part.replace("[TextSource]", "[made.TextSource]") for part in constructor(row)], f"made.{row.name}"
        )
    yield "    def __getattr__(self, name: str) -> Any: ..."


def written(flavour, lines):
    return "\n".join(lines(flavour)) + "\n"


def formatted(text):
    """One blank line between classes, none at the end."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


FILES = {
    WIDGETS / flavour.folder / name: formatted(written(flavour, lines))
    for flavour in (SYNC, ASYNC)
    for name, lines in (("Widgets.pyi", classes), ("_bound.pyi", bound))
}


def main():
    stale = [path for path, text in FILES.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(WIDGETS.parents[1])} is stale: run python tools/stubs.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(FILES[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
