"""The package `coscribe` against the real server: programs as processes, browsers as live documents."""

import re
import unittest
from pathlib import Path

from browser import Browser
from program import PYTHON, Program
from server import Server, eventually

RECORDED = Path(__file__).resolve().parents[2] / "data" / "pgwidgets"


def seed(name):
    """A program written for pgwidgets, with its import line changed and nothing else."""
    text, changed = re.subn(r"from pgwidgets\.(\w+) import", r"from coscribe.widgets.\1 import", (RECORDED / name).read_text())
    assert changed == 1
    return text


class Seeds(unittest.TestCase):
    def test_pg_02_the_synchronous_program_runs_with_only_its_import_changed(self):
        self.runs("remote_sync.py", "Remote App", "Click me", "Ready", "Clicked!")

    def test_pg_03_the_asynchronous_program_runs_with_only_its_import_changed(self):
        self.runs("remote_async.py", "Async App", "Press me", "Waiting...", "Pressed!")

    def runs(self, name, title, button, before, after):
        with Server() as server, Program(server, seed(name)) as program:
            with Browser(server, program.session) as ann, Browser(server, program.session, "Ben") as ben:
                top = ann.wait_for("TopLevel", title=title, visible=True)
                self.assertEqual(ann.state(top, "size"), [400, 300])
                box, pressed, label = (
                    ann.wait_for("VBox"),
                    ann.wait_for("Button", text=button),
                    ann.wait_for("Label", text=before),
                )
                self.assertEqual(ann.state(box, "spacing"), 8)
                children = ann.widgets()[box]["children"]
                self.assertEqual([(child["wid"], child["stretch"]) for child in children], [(pressed, 0), (label, 1)])
                self.assertEqual([child["wid"] for child in ann.widgets()[top]["children"]], [box])
                ben.act(pressed, "activated")
                for browser in (ann, ben):
                    self.assertEqual(browser.wait_for("Label", text=after), label)


COUNTER = """
from coscribe.widgets.sync import Application

app = Application(title="Counter")

@app.on_connect
def setup(session):
    W = session.get_widgets()
    print("built", flush=True)
    top, box = W.TopLevel(title="Counter"), W.VBox()
    slider = W.Slider(min=0, max=10, value=3)
    entry = W.TextEntry("hello")
    told = W.Label("nothing")
    slider.on("activated", lambda value: told.set_text(f"at {value}"))
    entry.on("modified", lambda text: print("text", text, flush=True))
    for widget in (slider, entry, told):
        box.add_widget(widget)
    top.set_widget(box)
    top.show()

app.run()
"""


HALF = """
import pathlib, threading
from coscribe.widgets.sync import Application

app = Application()
go = pathlib.Path(__file__).with_name("go")

@app.on_connect
def setup(session):
    W = session.get_widgets()
    box, first, slider = W.VBox(), W.Label("first"), W.Slider(min=0, max=9)
    box.add_widget(first)
    box.add_widget(slider)
    session.update()
    print("half built", flush=True)
    while not go.exists():
        threading.Event().wait(0.01)
    second = W.Label("second")
    box.add_widget(second)
    slider.on("activated", lambda value: second.set_text(f"at {value}"))

app.start()
[session] = app.sessions.values()
session.gui_call(lambda: print("built", flush=True))
app.run()
"""


class Lives(unittest.TestCase):
    """The program, the server and the browsers end in every order."""

    def test_pg_06_a_browser_that_comes_later_or_again_sees_the_current_state(self):
        with Server() as server, Program(server, COUNTER) as program:
            with Browser(server, program.session) as ann:
                slider = ann.wait_for("Slider", value=3)
                ann.act(slider, "activated", 7)
                ann.wait_for("Label", text="at 7")
                ann.vanish()
            with Browser(server, program.session) as later:
                self.assertEqual(later.state(slider, "value"), 7)
                later.wait_for("Label", text="at 7")

    def test_pg_13_a_killed_program_takes_its_session_up_with_what_people_made_of_it(self):
        with Server() as server, Program(server, COUNTER) as program:
            session = program.session
            with Browser(server, session) as ann:
                slider, entry = ann.wait_for("Slider", value=3), ann.wait_for("TextEntry")
                ann.act(slider, "activated", 9)
                ann.wait_for("Label", text="at 9")
                program.kill()
                eventually(lambda: ann.program() == "gone", "pages are told that the program is gone")
                self.assertEqual(ann.state(slider, "value"), 9)
                self.assertEqual(ann.refused(slider, "activated", 1), "program_gone")
                program.start()
                eventually(lambda: ann.program() == "connected", "the program is back")
                program.says("built")
                ann.act(slider, "activated", 10)
                ann.wait_for("Label", text="at 10")
                self.assertEqual(ann.text(entry), "hello")
                self.assertEqual(program.session, session)
                self.assertEqual(len(ann.widgets()), 5)

    def test_pg_13_text_that_people_typed_stands_when_the_program_is_started_anew(self):
        with Server() as server, Program(server, COUNTER) as program, Browser(server, program.session) as ann:
            entry, slider = ann.wait_for("TextEntry"), ann.wait_for("Slider")
            ann.type(entry, 5, " world")
            program.says("text hello world")
            ann.act(slider, "activated", 8)
            ann.wait_for("Label", text="at 8")
            program.kill()
            program.said.clear()
            program.start()
            program.says("built")
            eventually(lambda: ann.program() == "connected", "the program is back")
            self.assertEqual((ann.text(entry), ann.state(slider, "value")), ("hello world", 8))
            ann.wait_for("Label", text="at 8")

    def test_ng_13_a_program_goes_on_after_the_server_was_killed_without_building_anew(self):
        with Server() as server, Program(server, COUNTER) as program:
            session = program.session
            with Browser(server, session) as ann:
                slider = ann.wait_for("Slider", value=3)
                server.kill()
            server.restart()
            with Browser(server, session) as ben:
                eventually(lambda: ben.program() == "connected", "the program came back by itself")
                ben.act(slider, "activated", 5)
                ben.wait_for("Label", text="at 5")
            self.assertEqual([line for line in program.said if line == "built"], ["built"])

    def test_program_and_server_may_be_started_in_either_order(self):
        with Server() as server:
            server.kill()
            with Program(server, COUNTER) as program:
                program.says("is not reached")
                server.restart()
                with Browser(server, program.session) as ann:
                    ann.wait_for("Slider", value=3)
                    program.kill()
                    server.kill()
                program.said.clear()
                program.start()
                program.says("is not reached")
                server.restart()
                with Browser(server, program.session) as ann:
                    slider = ann.wait_for("Slider", value=3)
                    eventually(lambda: ann.program() == "connected", "the program is back")
                    ann.act(slider, "activated", 2)
                    ann.wait_for("Label", text="at 2")

    def test_ng_13_a_server_that_is_killed_in_the_middle_of_a_setup_costs_nothing(self):
        with Server() as server, Program(server, HALF) as program:
            session = program.session
            program.says("half built")
            with Browser(server, session) as ann:
                ann.wait_for("Label", text="first")
                ann.act(ann.wait_for("Slider"), "activated", 6)
                server.kill()
            server.restart()
            program.path.with_name("go").touch()
            program.says("built")
            with Browser(server, session) as ann:
                box = ann.wait_for("VBox")
                eventually(lambda: len(ann.widgets()[box]["children"]) == 3, "everything is in its place, once")
                self.assertEqual(len(ann.widgets()), 4)
                ann.act(ann.wait_for("Slider"), "activated", 4)
                ann.wait_for("Label", text="at 4")

    def test_pg_07_the_token_is_kept_for_its_owner_alone_and_another_is_refused(self):
        with Server() as server, Program(server, COUNTER) as program:
            session = program.session
            program.says("built")
            [(path, kept)] = program.kept().items()
            self.assertEqual((kept["session"], path.stat().st_mode & 0o777), (session, 0o600))
            self.assertTrue(all(kept["token"] not in line for line in program.said))
            other = COUNTER.replace('title="Counter")', f'session_id="{session}", session_token="wrong")', 1)
            with Program(server, other) as thief:
                thief.says("Refused")
                self.assertNotEqual(thief.wait(), 0)
            with Browser(server, session) as ann:
                self.assertEqual(ann.program(), "connected")

    def test_a_second_process_takes_the_session_and_the_first_says_so(self):
        with Server() as server, Program(server, COUNTER) as program:
            session = program.session
            program.says("built")
            [kept] = program.kept().values()
            other = COUNTER.replace('title="Counter")', f'session_id="{session}", session_token="{kept["token"]}")', 1)
            with Program(server, other) as second:
                second.says("built")
                program.says("SessionTaken: Another program drives this session now")
                self.assertNotEqual(program.wait(), 0)
                with Browser(server, session) as ann:
                    ann.act(ann.wait_for("Slider"), "activated", 4)
                    ann.wait_for("Label", text="at 4")

    def test_a_session_that_was_deleted_is_made_anew_by_the_next_start(self):
        with Server() as server, Program(server, COUNTER) as program:
            first = program.session
            program.says("built")
            server.request("DELETE", f"/api/widgets/{first}")
            self.assertNotEqual(program.wait(), 0)
            program.said.clear()
            program.start()
            self.assertNotEqual(program.session, first)
            with Browser(server, program.session) as ann:
                ann.wait_for("Slider", value=3)


class Examples(unittest.TestCase):
    def example(self, name):
        return (PYTHON / "examples" / name).read_text()

    def test_ng_14_the_page_of_shared_text_is_at_most_fifteen_lines(self):
        lines = self.example("shared_text.py").splitlines()
        self.assertLessEqual(len(lines), 15)
        self.assertLessEqual(max(map(len, lines)), 120)

    def test_ng_01_ng_10_ng_11_the_shared_text_is_everybodys_and_two_who_type_at_once_lose_nothing(self):
        with Server() as server, Program(server, self.example("shared_text.py")) as program:
            session = program.session
            with Browser(server, session) as ann, Browser(server, session, "Ben") as ben:
                entry, label = ann.wait_for("TextEntry"), ann.wait_for("Label")
                ann.wait_for("TopLevel", visible=True)
                ann.type(entry, 0, "from Ann ")
                eventually(lambda: ben.text(entry) == "from Ann ", "the other entry follows")
                ben.wait_for("Label", text="from Ann ")
                for number in range(10):
                    ann.type(entry, len(ann.text(entry)), f"a{number}")
                    ben.type(entry, 0, f"b{number}")
                typed = lambda: all(ann.text(entry).count(f"{who}{n}") == 1 for who in "ab" for n in range(10))  # noqa: E731
                eventually(lambda: typed() and ann.text(entry) == ben.text(entry), "nothing is lost")
                whole = ann.text(entry)
                for browser in (ann, ben):
                    eventually(lambda browser=browser: browser.state(label, "text") == whole, "the labels follow")
            with Browser(server, session, "late") as late:
                self.assertEqual((late.text(entry), late.state(label, "text")), (whole, whole))

    def test_ng_02_whoever_types_gets_no_echo(self):
        with Server() as server, Program(server, self.example("shared_text.py")) as program:
            with Browser(server, program.session) as ann:
                entry = ann.wait_for("TextEntry")
                ann.wait_for("TopLevel", visible=True)
                changes = []
                with ann._lock:
                    text = ann.widgets_root[str(entry)]["text"]
                    kept = text.observe(lambda _: changes.append(ann._remote))
                ann.type(entry, 0, "typed here")
                ann.wait_for("Label", text="typed here")
                self.assertEqual(changes, [False], "nothing from outside touches the text")
                del kept

    def test_ng_03_notes_are_each_browsers_own_until_they_are_sent(self):
        with Server() as server, Program(server, self.example("per_client.py")) as program:
            session = program.session
            with Browser(server, session) as ann, Browser(server, session, "Ben") as ben:
                mine = ann.wait_for("TextEntry")
                ben.wait_for("Label", text="Nothing yet")
                ann.type(mine, 0, "hi")
                ann.act(ann.wait_for("Button"), "activated")
                for browser in (ann, ben):
                    browser.wait_for("Label", text="Ann: hi")

    def test_ng_07_a_thousand_clients_that_come_and_go_leave_nothing_behind(self):
        counting = COUNTER.replace("app.run()", COUNTING)
        with Server() as server, Program(server, counting) as program, Browser(server, program.session) as ann:
            ann.wait_for("Slider")
            for number in range(1000):
                ann.come_again()
                if number % 100 == 99:
                    program.says(f"came {number + 2}")
            program.says("went 1000, 1 there", 60)


COUNTING = """
came = went = 0

@app.on_client_connect
def arrived(client):
    global came
    came += 1
    print("came", came, flush=True)

@app.on_client_disconnect
def left(client):
    global went
    went += 1
    print(f"went {went}, {len(client.session.clients)} there", flush=True)

app.run()
"""


if __name__ == "__main__":
    unittest.main()
