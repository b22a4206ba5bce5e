"""Widgets for ordinary programs: every call returns when the server has it.

from coscribe.widgets.sync import Application

app = Application()

@app.on_connect
def setup(session):
    W = session.get_widgets()
    top = W.TopLevel(title="Hello")
    button = W.Button("Press")
    button.on("activated", lambda: button.set_text("Pressed"))
    top.set_widget(button)
    top.show()

app.run()
"""

from ._application import Application
from ._session import Client, Session

__all__ = ["Application", "Client", "Session"]
