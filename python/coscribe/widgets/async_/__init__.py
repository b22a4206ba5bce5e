"""Widgets for programs of asyncio: every call is on its way at once, and `await` waits until the server has it.

import asyncio
from coscribe.widgets.async_ import Application

app = Application()

@app.on_connect
async def setup(session):
    W = session.get_widgets()
    top = await W.TopLevel(title="Hello")
    button = await W.Button("Press")
    button.on("activated", lambda: button.set_text("Pressed"))
    await top.set_widget(button)
    await top.show()

asyncio.run(app.run())
"""

from ._application import Application
from ._reply import Reply
from ._session import Client, Session

__all__ = ["Application", "Client", "Reply", "Session"]
