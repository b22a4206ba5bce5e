"""Files that people choose or drop in a browser, put together from the pieces they arrive in.

Imports nothing of ours. Invariant: a file is handed on only when every byte of every file of its transfer is there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple, Union


class UploadedFile(Dict[str, Any]):
    """One file: `name`, `size` in bytes, `type` (its MIME type) and `data`, its bytes."""

    @property
    def name(self) -> str:
        return str(self.get("name", ""))

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def type(self) -> str:
        return str(self.get("type", ""))

    @property
    def data(self) -> bytes:
        data = self.get("data", b"")
        return data if isinstance(data, bytes) else b""

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes the file; into a folder under its own name without any path of the browser's. Raises OSError."""
        target = os.fspath(path)
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(self.name.replace("\\", "/")) or "file")
        with open(target, "wb") as file:
            file.write(self.data)

    def __repr__(self) -> str:
        return f"UploadedFile({self.name!r}, {self.size} bytes)"


class Upload(Dict[str, Any]):
    """What somebody chose or dropped at once: `files`, and whatever else the browser told of it."""

    @property
    def files(self) -> List[UploadedFile]:
        files = self.get("files", [])
        return [file for file in files if isinstance(file, UploadedFile)]


@dataclass
class _Transfer:
    wid: int
    action: str
    client: Optional[str]
    upload: Upload
    chunks: Dict[int, List[Optional[bytes]]] = field(default_factory=dict)

    @property
    def sizes(self) -> List[int]:
        return [int(file.get("size") or 0) for file in self.upload.get("files", [])]

    def store(self, file: int, index: int, count: int, data: bytes) -> None:
        slots = self.chunks.setdefault(file, [None] * max(count, 1))
        if 0 <= index < len(slots):
            slots[index] = data

    def is_complete(self) -> bool:
        whole = (slots and None not in slots for slots in (self.chunks.get(at, []) for at in range(len(self.sizes))))
        return all(whole)

    def transferred(self) -> int:
        return sum(len(chunk) for slots in self.chunks.values() for chunk in slots if chunk is not None)

    def finished(self) -> Upload:
        for at, file in enumerate(self.upload["files"]):
            file["data"] = b"".join(chunk or b"" for chunk in self.chunks.get(at, []))
        return self.upload


# What is told to handlers: widget, action, arguments, client.
Told = Tuple[int, str, List[Any], Optional[str]]


class Transfers:
    """The transfers that are under way in one session."""

    def __init__(self) -> None:
        self._open: Dict[Any, _Transfer] = {}
        self._headers: List[Dict[str, Any]] = []

    def begin(self, wid: int, action: str, client: Optional[str], details: Dict[str, Any]) -> None:
        """Begins one by the callback that announces it."""
        upload = Upload(details)
        upload["files"] = [UploadedFile(file) for file in details.get("files", [])]
        self._open[details["transfer_id"]] = _Transfer(wid, action, client, upload)

    def header(self, message: Dict[str, Any]) -> None:
        """Takes the message of a piece; its bytes are in the next binary frame."""
        self._headers.append(message)

    def frame(self, data: bytes) -> List[Told]:
        """Takes a binary frame: the bytes of the oldest piece that waits for its own."""
        return self._store(self._headers.pop(0), data) if self._headers else []

    def forget(self) -> None:
        """Gives up what is under way; its connection is gone."""
        self._open.clear()
        self._headers.clear()

    def _store(self, header: Dict[str, Any], data: bytes) -> List[Told]:
        transfer = self._open.get(header.get("transfer_id"))
        if transfer is None:
            return []
        file, index, count = (int(header.get(key) or 0) for key in ("file_index", "chunk_index", "num_chunks"))
        transfer.store(file, index, count, data)
        complete = transfer.is_complete()
        told = [
            (
                transfer.wid,
                _progress_action(transfer.action),
                [self._progress(header, transfer, complete)],
                transfer.client,
            )
        ]
        if complete:
            del self._open[header["transfer_id"]]
            told.append((transfer.wid, transfer.action, [transfer.finished()], transfer.client))
        return told

    @staticmethod
    def _progress(header: Dict[str, Any], transfer: _Transfer, complete: bool) -> Dict[str, Any]:
        return {
            "transfer_id": header["transfer_id"],
            "file_index": header.get("file_index", 0),
            "chunk_index": header.get("chunk_index", 0),
            "num_chunks": header.get("num_chunks", 1),
            "transferred_bytes": transfer.transferred(),
            "total_bytes": sum(transfer.sizes),
            "complete": complete,
        }


def _progress_action(action: str) -> str:
    return "drop-progress" if action == "drop-end" else "progress"
