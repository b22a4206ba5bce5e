"""Programs in the cells of a notebook: the window is shown in the cell's output.

Imports nothing of ours, and IPython only where it runs. Invariant: outside a kernel nothing here does anything.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from typing import Any, Optional

MIME = "application/vnd.coscribe.widgets+json"


def _shell() -> Optional[Any]:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def is_kernel() -> bool:
    """Whether the program is a cell that runs."""
    return _shell() is not None


def show(session: str) -> bool:
    """Shows the session in the output of the cell that runs; false if there is none."""
    if not is_kernel():
        return False
    display: Any = importlib.import_module("IPython.display")
    display.publish_display_data({MIME: {"session": session}, "text/plain": f"Widgets of the session {session}"})
    return True


def cell() -> Optional[str]:
    """What tells the cell that runs from others: its id, or its text if the kernel was not told the id."""
    shell = _shell()
    if shell is None:
        return None
    parent = shell.kernel.get_parent() or {}
    told = parent.get("metadata", {}).get("cellId")
    source = parent.get("content", {}).get("code", "")
    return str(told or hashlib.sha256(source.encode()).hexdigest())
