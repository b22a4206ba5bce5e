"""pycrdt's provider over httpx-ws, as its documentation shows it."""

import logging
from contextlib import asynccontextmanager

import anyio
from httpx_ws import aconnect_ws
from pycrdt import Doc, Provider
from pycrdt.websocket.websocket import HttpxWebsocket

# unittest turns asyncio's debug mode on, which tells of every step over 100 ms.
logging.getLogger("asyncio").setLevel(logging.ERROR)


@asynccontextmanager
async def connected(server, document, doc=None):
    """A document kept in step with the server while the block runs."""
    doc = doc if doc is not None else Doc()
    async with (
        aconnect_ws(server.socket_url(document), keepalive_ping_interval_seconds=None) as socket,
        Provider(doc, HttpxWebsocket(socket, document)),
    ):
        yield doc


async def until(check, what, limit=10.0):
    """Waits until `check` is true; fails, naming `what`, when it is not within `limit` seconds."""
    try:
        with anyio.fail_after(limit):
            while not check():
                await anyio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not within {limit} s: {what() if callable(what) else what}") from None
