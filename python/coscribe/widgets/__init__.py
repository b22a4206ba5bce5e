"""Widgets that a Python program draws in the page.

`coscribe.widgets.sync` for ordinary programs, `coscribe.widgets.async_` for programs of asyncio; both have the same classes.
"""

from ._files import Upload, UploadedFile
from ._values import Buffer

__all__ = ["Buffer", "Upload", "UploadedFile"]
