"""pycrdt-websocket behind uvicorn, its updates in an SQLite file of the folder given."""

import asyncio
import sys
from pathlib import Path

import uvicorn
from pycrdt.store import SQLiteYStore, YDocNotFound
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom

# As large as a message of the other servers may be.
MESSAGE_BYTES = 100 << 20


class StoringServer(WebsocketServer):
    """Rooms that are read from the store before anybody is let in."""

    def __init__(self, store):
        super().__init__()
        self.store = store
        self.opening = asyncio.Lock()

    async def get_room(self, name):
        async with self.opening:
            if name not in self.rooms:
                await self.open_room(name)
            return self.rooms[name]

    async def open_room(self, name):
        room = self.rooms[name] = YRoom(ready=False, ystore=self.store(name))
        await self.start_room(room)
        await room.ystore.started.wait()
        try:
            await room.ystore.apply_updates(room.ydoc)
        except YDocNotFound:
            pass
        room.ready = True
        await room.ydoc_observed.wait()


async def serve(port, folder):
    class Store(SQLiteYStore):
        db_path = str(Path(folder) / "updates.sqlite")

    async with StoringServer(Store) as server:
        options = uvicorn.Config(
            ASGIServer(server), host="127.0.0.1", port=port, log_level="error", ws_max_size=MESSAGE_BYTES,
            # What the protocol sends is already dense.
            ws_per_message_deflate=False,
        )
        await uvicorn.Server(options).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
