"""Programs in the cells of a notebook: a real ipykernel runs them, and shows their window in the cell's output."""

import os
import tempfile
import unittest

from browser import Browser
from jupyter_client.manager import start_new_kernel
from program import PYTHON
from server import TOKEN, Server

MIME = "application/vnd.coscribe.widgets+json"
CELL = """
from coscribe.widgets.{module} import Application

app = Application()

@app.on_connect
{begin}def setup(session):
    W = session.get_widgets()
    button, label = W.Button("Press"), W.Label("Ready")
    button.on("activated", lambda: label.set_text("Pressed"))

{wait}app.run()
"""


class Kernel(unittest.TestCase):
    def test_pg_19_a_cell_needs_no_address_shows_its_window_and_lets_the_notebook_go_on(self):
        self.shows(CELL.format(module="sync", begin="", wait=""))

    def test_pg_19_a_cell_of_asyncio_does_the_same(self):
        self.shows(CELL.format(module="async_", begin="async ", wait="await "))

    def shows(self, cell):
        with Server() as server, tempfile.TemporaryDirectory() as state:
            environment = os.environ | {
                "COSCRIBE_TOKEN": TOKEN,
                "COSCRIBE_URL": server.url,
                "PYTHONPATH": str(PYTHON),
                "XDG_STATE_HOME": state,
            }
            manager, client = start_new_kernel(env=environment)
            try:
                session = self.session_shown(client, cell)
                with Browser(server, session) as ann:
                    ann.act(ann.wait_for("Button"), "activated")
                    ann.wait_for("Label", text="Pressed")
                self.assertEqual(self.session_shown(client, cell), session, "run again, the cell takes its window up")
                [(kind, result)] = self.run_cell(client, "1 + 1")
                self.assertEqual((kind, result["text/plain"]), ("execute_result", "2"))
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)

    def session_shown(self, client, cell):
        [(kind, data)] = self.run_cell(client, cell)
        self.assertEqual((kind, set(data)), ("display_data", {MIME, "text/plain"}))
        return data[MIME]["session"]

    def run_cell(self, client, cell):
        """Runs code; its outputs as (type, data)."""
        outputs = []

        def hear(message):
            content = message["content"]
            if message["msg_type"] in ("display_data", "execute_result", "stream", "error"):
                outputs.append((message["msg_type"], content.get("data") or content))

        client.execute_interactive(cell, timeout=60, output_hook=hear)
        return outputs


if __name__ == "__main__":
    unittest.main()
