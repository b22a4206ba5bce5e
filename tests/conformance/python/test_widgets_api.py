"""What the package `coscribe` offers programs, in this process, against the real server."""

import asyncio
import hashlib
import json
import logging
import os
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import pycrdt
from browser import Browser
from program import PYTHON
from server import TOKEN, Server, eventually

sys.path.insert(0, str(PYTHON))

import coscribe  # noqa: E402
from coscribe.widgets import Buffer, async_, sync  # noqa: E402
from coscribe.widgets._table import CLASSES  # noqa: E402

PNG = bytes.fromhex("89504e470d0a1a0a") + os.urandom(64)


class Case(unittest.TestCase):
    def setUp(self):
        state = tempfile.TemporaryDirectory(prefix="coscribe-state-")
        self.addCleanup(state.cleanup)
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = state.name
        self.addCleanup(lambda: os.environ.update(XDG_STATE_HOME=before) if before else os.environ.pop("XDG_STATE_HOME"))

    def server(self):
        return self.enterContext(Server())

    def program(self, server, **options):
        app = sync.Application(server.url, TOKEN, announce=False, **options)
        self.addCleanup(app.close)
        return app

    def window(self, server, **options):
        """A session without a browser, ready for handlers."""
        session = self.program(server, **options).create_session()
        session.ready()
        return session


class Calls(Case):
    def setUp(self):
        super().setUp()
        self.real = self.server()
        self.session = self.window(self.real)
        self.W = self.session.get_widgets()

    def page(self, name="Ann"):
        return self.enterContext(Browser(self.real, self.session.id, name))

    def test_pg_12_a_whole_window_is_built_before_any_browser_comes(self):
        top, box = self.W.TopLevel(title="Alone"), self.W.VBox(spacing=4)
        labels = [self.W.Label(f"line {number}") for number in range(20)]
        for label in labels:
            box.add_widget(label, 0)
        top.set_widget(box)
        top.show()
        with Browser(self.real, self.session.id) as ann:
            self.assertEqual(len(ann.find("Label")), 20)
            self.assertEqual([child["wid"] for child in ann.widgets()[box.wid]["children"]], [label.wid for label in labels])

    def test_pg_04_and_ng_06_assignments_push_and_getters_tell_what_people_made(self):
        label, slider = self.W.Label("before"), self.W.Slider(min=0, max=9, value=1)
        page = self.page()
        label.text = "after"
        self.assertEqual(self.real.rest("GET", f"/api/widgets/{self.session.id}")["tree"][0]["state"]["text"], "after")
        page.act(slider.wid, "activated", 6)
        self.assertEqual((label.text, label.get_text(), slider.value, slider.get_value()), ("after", "after", 6, 6))
        label.visible = False
        self.assertEqual((label.visible, label.is_visible()), (False, False))
        label.resize(40, 30)
        self.assertEqual(label.get_size(), (40, 30))
        label.update()
        page.wait_for("Label", text="after", visible=False)

    def test_ng_09_none_becomes_the_empty_text(self):
        label, entry = self.W.Label("x"), self.W.TextEntry(None)
        label.set_text(None)
        entry.text = None
        self.assertEqual((label.text, entry.text), ("", ""))
        label.set_tooltip(None)
        self.assertEqual(label.get_tooltip(), "")

    def test_options_are_set_and_wrong_ones_are_refused_in_words(self):
        button = self.W.Button("B", tooltip="help", enabled=False)
        self.assertEqual((button.get_tooltip(), button.get_enabled()), ("help", False))
        for call, sentence in [
            (lambda: self.W.Button("x", colour="red"), "Button has no option colour"),
            (lambda: self.W.Button("x", "y"), "Button takes 1 arguments, 2 were given"),
            (lambda: button.set_text(), "set_text(text) needs text"),
            (lambda: button.set_text("a", "b"), "set_text(text) takes 1 arguments, 2 were given"),
            (lambda: button.set_text(txt="a"), "set_text(text) needs text"),
            (lambda: button.resize(1, 2, depth=3), "resize(width, height) has no parameter depth"),
        ]:
            with self.assertRaises(TypeError) as caught:
                call()
            self.assertEqual(str(caught.exception), sentence)
        with self.assertRaises(AttributeError) as caught:
            self.W.Buton("x")
        self.assertIn("There is no widget class Buton", str(caught.exception))
        with self.assertRaises(ValueError) as caught:
            button.on("pressed", print)
        self.assertEqual(str(caught.exception), "Button tells nothing called pressed; it tells activated, resize, map")

    def test_pg_15_a_refused_call_raises_and_the_session_goes_on(self):
        button = self.W.Button("x")
        unbuilt = next(name for name in ("TextSource", "ColorWidget", "MDIWidget") if name in self.unbuilt())
        with self.assertRaises(coscribe.WidgetError) as caught:
            getattr(self.W, unbuilt)()
        self.assertIn(f"The widget class {unbuilt} is not built here", str(caught.exception))
        self.assertIsInstance(caught.exception, RuntimeError, "programs of pgwidgets catch these")
        button.destroy()
        with self.assertRaises(coscribe.WidgetError) as caught:
            button.set_text("gone")
        self.assertEqual(str(caught.exception), "This Button was destroyed.")
        stale = type(button)._known(self.session, 999)
        with self.assertRaises(coscribe.WidgetError) as caught:
            stale.set_text("nothing")
        self.assertEqual(str(caught.exception), "Unknown widget id: 999")
        self.assertEqual(self.W.Label("still here").text, "still here")

    def test_a_class_that_is_not_built_is_named_whatever_else_is_asked_of_it(self):
        with self.assertRaises(coscribe.WidgetError) as caught:
            getattr(self.W, self.unbuilt()[0])(tooltip="help")
        self.assertIn("is not built here", str(caught.exception))

    def unbuilt(self):
        return [row["name"] for row in self.real.rest("GET", "/api/widgets/classes")["classes"] if not row["built"]]

    def test_pg_14_a_question_that_no_browser_answers_ends(self):
        video = self.W.VideoWidget()
        with self.assertRaises(coscribe.WidgetError):
            video.get_current_time()
        self.assertEqual(self.W.Label("on").text, "on")

    def test_pg_16_a_batch_is_one_message_and_tells_what_was_refused(self):
        table = self.W.TableView(columns=["a", "b"])
        table.set_rows([[row, 0] for row in range(200)])
        page = self.page()
        before = page.updates
        with self.session.batch():
            for row in range(200):
                table.set_cell(row, 1, row * row)
        eventually(lambda: page.state(table.wid, "rows")[199] == [199, 199 * 199], "all cells arrive")
        self.assertLessEqual(page.updates - before, 2)
        gone = self.W.Label("gone")
        known = type(gone)._known(self.session, gone.wid)
        gone.destroy()
        with self.assertRaises(coscribe.SetupError) as caught, self.session.batch():
            table.set_cell(0, 1, "kept")
            line = sys._getframe().f_lineno + 1
            known.set_text("refused")
        self.assertEqual(caught.exception.errors, [f"{__file__}:{line}: Unknown widget id: {known.wid}"])
        eventually(lambda: page.state(table.wid, "rows")[0] == [0, "kept"], "what was not refused is done")

    def test_a_batch_that_fails_sends_what_was_said_before(self):
        label = self.W.Label("before")
        with self.assertRaises(ZeroDivisionError), self.session.batch():
            label.set_text("during")
            raise ZeroDivisionError
        self.assertEqual(label.text, "during")

    def test_handlers_get_what_is_told_and_their_own_arguments_and_can_be_taken_away(self):
        box, heard = self.W.CheckBox("c"), []
        first = lambda *args, **kwargs: heard.append(("first", args, kwargs))  # noqa: E731
        box.on("activated", first, "extra", word="w")
        box.add_callback("activated", lambda *args: heard.append(("second", args)))
        page = self.page("Ann")
        page.act(box.wid, "activated", True)
        eventually(lambda: len(heard) == 2, "both were called")
        self.assertEqual(heard, [("first", (True, "extra"), {"word": "w"}), ("second", (box, True))])
        box.off("activated", first)
        page.act(box.wid, "activated", False)
        eventually(lambda: len(heard) == 3, "the other is called")
        self.assertEqual(heard[2], ("second", (box, False)))
        box.off("activated")
        eventually(lambda: page.widgets()[box.wid].get("listens") in ({}, None), "nothing is listened to")

    def test_a_handler_that_fails_is_logged_and_the_program_goes_on(self):
        button, label = self.W.Button("b"), self.W.Label("")
        button.on("activated", lambda: 1 / 0)
        button.on("activated", lambda: label.set_text("went on"))
        page = self.page()
        with self.assertLogs("coscribe.widgets", logging.ERROR) as logged:
            page.act(button.wid, "activated")
            page.wait_for("Label", text="went on")
        self.assertIn("ZeroDivisionError", logged.output[0])

    def test_calls_from_many_threads_keep_their_order_and_lose_nothing(self):
        labels = [self.W.Label("") for _ in range(8)]

        def count(label):
            for number in range(25):
                label.set_text(f"{number}")

        threads = [threading.Thread(target=count, args=(label,)) for label in labels]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual([label.text for label in labels], ["24"] * 8)
        self.assertEqual(len({label.wid for label in labels}), 8)

    def test_what_the_server_makes_has_its_class_and_is_known_again(self):
        bar = self.W.MenuBar()
        menu = bar.add_name("File")
        action = menu.add_name("Open", checkable=True)
        self.assertEqual([type(made).__name__ for made in (menu, action)], ["Menu", "MenuAction"])
        heard = []
        action.on("activated", heard.append)
        self.page().act(action.wid, "activated", True)
        eventually(lambda: heard == [True], "it is told")
        self.assertIs(bar.get_menu("File"), menu)
        self.assertEqual(self.W.Label("next").text, "next")
        tabs, page = self.W.TabWidget(), self.W.Label("one")
        tabs.add_widget(page, title="First")
        self.assertIs(tabs.index_to_widget(0), page)

    def test_a_program_is_told_when_the_server_is_away_and_its_calls_end_in_time(self):
        label = self.W.Label("before")
        self.session.app.timeout = 0.3
        with self.assertLogs("coscribe.widgets", logging.WARNING), self.assertRaises(coscribe.CallTimeout) as caught:
            self.real.kill()
            label.set_text("late")
        self.assertRegex(str(caught.exception), "The message call set_text was not answered within 0.3 s; .* is not reached")
        self.session.app.timeout = 30
        self.real.restart()
        label.set_text("after")
        self.assertEqual(label.text, "after")

    def test_ng_13_what_was_said_while_the_server_was_away_arrives_once(self):
        label = self.W.Label("")
        box = self.W.VBox()
        self.real.kill()
        done = threading.Thread(target=lambda: box.add_widget(label, 0))
        done.start()
        self.real.restart()
        done.join(20)
        self.assertFalse(done.is_alive())
        self.assertEqual([child["wid"] for child in self.page().widgets()[box.wid]["children"]], [label.wid])


class Fonts(Case):
    def test_fonts_and_the_default_font_are_known_before_the_first_widget(self):
        server = self.server()
        app = self.program(server)
        app.register_font("Own", b"not really a font", weight="bold")
        app.set_default_font("Own", size=12)
        session = app.create_session()
        session.ready()
        with Browser(server, session.id) as ann:
            page = eventually(lambda: ann.doc.get("page", type=pycrdt.Map).to_py(), "the page is told")
            [font] = page["fonts"]
            self.assertEqual((font["family"], font["weight"], font["url"][:21]), ("Own", "bold", "data:font/ttf;base64,"))
            self.assertEqual((page["default_font"]["family"], page["default_font"]["size"]), ("Own", 12))


class Pictures(Case):
    def setUp(self):
        super().setUp()
        self.real = self.server()
        self.session = self.window(self.real)
        self.image = self.session.get_widgets().Image()

    def shown(self):
        with Browser(self.real, self.session.id) as ann:
            return eventually(lambda: ann.state(self.image.wid, "image"), "the picture is there")

    def content(self, shown):
        return self.real.request("GET", f"/api/blobs/{shown['__blob__']}")

    def test_pg_17_a_large_picture_comes_in_pieces_while_other_traffic_goes_on(self):
        large = PNG + os.urandom(3_000_000)
        label = self.session.get_widgets().Label("")
        sending = threading.Thread(target=lambda: self.image.set_binary_image(large))
        sending.start()
        for number in range(20):
            label.set_text(str(number))
        sending.join()
        shown = self.shown()
        self.assertEqual((shown["__blob__"], shown["mime"]), (hashlib.sha256(large).hexdigest(), "image/png"))
        self.assertEqual(self.content(shown), large)

    def test_pictures_are_given_as_bytes_as_files_and_as_arrays(self):
        self.image.set_image(PNG)
        self.assertEqual(self.content(self.shown()), PNG)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(PNG + b"file")
            file.flush()
            self.image.set_image(file.name)
            self.assertEqual(self.content(self.shown()), PNG + b"file")
        self.image.image = Buffer(bytes(2 * 3 * 4), shape=(2, 3, 4))
        shown = self.shown()
        self.assertEqual((shown["shape"], shown["dtype"]), ([2, 3, 4], "uint8"))
        self.image.set_image(Pixels(b"\1" * 12, (2, 2, 3)))
        self.assertEqual(self.content(self.shown()), b"\1" * 12)
        self.image.set_image("https://example.org/a.png")
        self.assertEqual(self.shown(), "https://example.org/a.png")

    def test_many_pictures_of_one_setup_all_arrive(self):
        W = self.session.get_widgets()
        with self.session.build():
            images = [W.Image() for _ in range(12)]
            for number, image in enumerate(images):
                image.set_image(PNG + struct.pack("<I", number) * 200_000)
        with Browser(self.real, self.session.id) as ann:
            hashes = [ann.state(image.wid, "image")["__blob__"] for image in images]
        self.assertEqual(len(set(hashes)), 12)

    def test_what_a_batch_says_behind_a_large_picture_does_not_overtake_it(self):
        with self.session.batch():
            self.image.set_image(PNG + os.urandom(8_000_000))
            self.image.set_image("https://example.org/newer.png")
        self.assertEqual(self.shown(), "https://example.org/newer.png")

    def test_an_array_whose_shape_is_wrong_never_travels(self):
        with self.assertRaises(ValueError) as caught:
            Buffer(b"123", shape=(2, 2))
        self.assertIn("3 bytes are no array of shape (2, 2)", str(caught.exception))


class Pixels:
    """What of an array of NumPy is needed."""

    class dtype:
        name, byteorder = "uint8", "|"

    def __init__(self, data, shape):
        self.data, self.shape = data, shape

    def tobytes(self):
        return self.data


class Files(Case):
    def test_pg_17_files_chosen_in_a_browser_arrive_as_objects_with_their_bytes(self):
        server = self.server()
        session = self.window(server)
        W = session.get_widgets()
        dialog, heard, steps = W.FileDialog(mode="files"), [], []
        dialog.on("activated", heard.append)
        dialog.on("progress", lambda progress: steps.append(progress["transferred_bytes"]))
        contents = [b"hello", os.urandom(1_200_000), b""]
        with Browser(server, session.id) as ann:
            files = []
            for number, content in enumerate(contents):
                blob = json.loads(server.request("POST", "/api/blobs", content, "application/octet-stream"))
                files.append({"name": f"{number}.bin", "size": len(content), "type": "text/plain", "blob": blob["sha256"]})
            ann.act(dialog.wid, "activated", {"files": files})
            [upload] = eventually(lambda: heard, "the files arrive", 20)
        self.assertEqual([file.data for file in upload.files], contents)
        self.assertEqual([(file.name, file.size, file.type) for file in upload.files][0], ("0.bin", 5, "text/plain"))
        self.assertEqual(upload["files"][0]["data"], b"hello", "as programs of pgwidgets read it")
        self.assertEqual(steps[-1], sum(map(len, contents)))
        with tempfile.TemporaryDirectory() as folder:
            upload.files[0]["name"] = "../../evil.txt"
            upload.files[0].save(folder)
            self.assertEqual(os.listdir(folder), ["evil.txt"])


    def test_what_is_dropped_is_told_once_when_it_falls_and_once_when_it_is_there(self):
        server = self.server()
        session = self.window(server)
        image, heard = session.get_widgets().Image(), []
        image.on("drop-start", lambda dropped: heard.append(dropped["files"][0]["name"]))
        image.on("drop-end", lambda upload: heard.append(upload.files[0].data))
        file = {"name": "a.txt", "size": 5, "type": "text/plain"}
        blob = json.loads(server.request("POST", "/api/blobs", b"hello", "application/octet-stream"))["sha256"]
        with Browser(server, session.id) as ann:
            ann.act(image.wid, "drop-start", {"files": [file]})
            ann.act(image.wid, "drop-end", {"files": [{**file, "blob": blob}]})
            eventually(lambda: b"hello" in heard, "the file arrives")
        self.assertEqual(heard, ["a.txt", b"hello"])


class Clients(Case):
    def test_ng_05_ng_07_clients_have_ids_of_128_bits_and_leave_nothing_behind(self):
        server = self.server()
        app = self.program(server)
        came, went = [], []
        app.on_client_connect(came.append)
        app.on_client_disconnect(went.append)
        session = app.create_session()
        session.ready()
        self.assertEqual(session.clients, [])
        with Browser(server, session.id, "Ann") as ann, Browser(server, session.id, "Ben"):
            eventually(lambda: len(came) == 2, "both are told")
            self.assertIs(session.connected(5), session.clients[0])
            known = {client.id: client for client in session.clients}
            self.assertIn(ann.client, known)
            self.assertRegex(ann.client, "^[0-9a-f]{32}$")
            self.assertTrue(known[ann.client].connected(1).is_connected)
        eventually(lambda: len(went) == 2, "both went")
        self.assertEqual(session.clients, [])
        self.assertFalse(came[0].is_connected)

    def test_ng_03_each_client_has_widgets_of_its_own_until_the_program_pushes(self):
        server = self.server()
        app = self.program(server)
        entries = {}

        @app.on_connect(scope="client")
        def page(client):
            W = client.get_widgets()
            top, label = W.TopLevel(title="Own"), W.Label("")
            entry = W.TextEntry("")
            entries[client.id] = (entry, label)
            entry.on("modified", lambda text: label.set_text(text))
            box = W.VBox()
            box.add_widget(entry)
            box.add_widget(label)
            top.set_widget(box)
            client.on_disconnect(lambda: entries.pop(client.id))

        app.start()
        [session] = app.sessions.values()
        with Browser(server, session.id, "Ann") as ann:
            with Browser(server, session.id, "Ben") as ben:
                mine, theirs = ann.wait_for("TextEntry"), ben.wait_for("TextEntry")
                self.assertNotEqual(mine, theirs)
                ann.type(mine, 0, "only Ann")
                ann.wait_for("Label", text="only Ann")
                self.assertEqual(ben.find("Label", text=""), ben.find("Label"))
                for entry, label in entries.values():
                    entry.text = label.text = "pushed"
                for browser in (ann, ben):
                    browser.wait_for("Label", text="pushed")
            eventually(lambda: len(entries) == 1, "Ben is forgotten")

    def test_ng_08_a_client_that_vanishes_does_not_stop_a_loop_over_all(self):
        server = self.server()
        app = self.program(server)
        labels = {}

        @app.on_connect(scope="client")
        def page(client):
            labels[client.id] = client.get_widgets().Label("")

        app.start()
        [session] = app.sessions.values()
        with Browser(server, session.id, "Ann") as ann, Browser(server, session.id, "Ben") as ben:
            eventually(lambda: len(labels) == 2, "both have one")
            ben.vanish()
            for label in labels.values():
                label.set_text("to all")
            ann.wait_for("Label", text="to all")

    def test_a_handler_knows_in_whose_browser_it_was_called_for(self):
        server = self.server()
        session = self.window(server)
        button, who = session.get_widgets().Button("b"), []
        button.on("activated", lambda: who.append(session.current_client.name))
        with Browser(server, session.id, "Ann") as ann, Browser(server, session.id, "Ben") as ben:
            eventually(lambda: len(session.clients) == 2, "both are there")
            ben.act(button.wid, "activated")
            ann.act(button.wid, "activated")
            eventually(lambda: len(who) == 2, "both are heard")
        self.assertEqual(who, ["Ben", "Ann"])


class Asynchronous(Case):
    """The same in programs of asyncio; `await` is needed only for what is to be known."""

    def run_in(self, server, story):
        async def run():
            app = async_.Application(server.url, TOKEN, announce=False)
            session = await app.create_session()
            await session.ready()
            try:
                await asyncio.wait_for(story(app, session), 30)
            finally:
                app.close()

        asyncio.run(run())

    def test_calls_are_on_their_way_at_once_and_awaiting_tells_the_answer(self):
        server = self.server()

        async def story(_, session):
            W = session.get_widgets()
            label = await W.Label("one", tooltip="t")
            label.text = "two"
            self.assertEqual(await label.text, "two")
            self.assertEqual((await label.get_tooltip(), await label.get_text()), ("t", "two"))
            async with session.batch():
                label.set_text("three")
                label.set_tooltip("u")
            self.assertEqual(await label.tooltip, "u")
            with self.assertRaises(coscribe.WidgetError):
                await type(label)._known(session, 999).set_text("x")

        self.run_in(server, story)

    def test_an_update_waits_for_a_large_picture_that_nobody_awaits(self):
        server = self.server()

        async def story(_, session):
            image = await session.get_widgets().Image()
            large = PNG + os.urandom(8_000_000)
            image.set_image(large)
            await session.update()
            [shown] = server.rest("GET", f"/api/widgets/{session.id}")["tree"]
            self.assertEqual(shown["state"]["image"]["__blob__"], hashlib.sha256(large).hexdigest())

        self.run_in(server, story)

    def test_a_thread_hands_a_call_to_the_handlers(self):
        server = self.server()

        async def story(_, session):
            called = asyncio.Event()
            thread = threading.Thread(target=session.gui_do, args=(called.set,))
            thread.start()
            await asyncio.wait_for(called.wait(), 5)
            thread.join()

        self.run_in(server, story)

    def test_a_refusal_that_nobody_awaits_is_logged_with_its_line(self):
        server = self.server()

        async def story(_, session):
            with self.assertLogs("coscribe.widgets", logging.ERROR) as logged:
                session._known = async_.Widgets.Label._known(session, 999)
                session._known.set_text("x")
                await session.update()
            self.assertRegex(logged.output[0], r"test_widgets_api\.py:\d+: Unknown widget id: 999")

        self.run_in(server, story)

    def test_a_widget_that_is_refused_and_that_nobody_awaits_is_logged_with_its_line(self):
        server = self.server()
        rows = server.rest("GET", "/api/widgets/classes")["classes"]
        unbuilt = next(row["name"] for row in rows if not row["built"])

        async def story(_, session):
            with self.assertLogs("coscribe.widgets", logging.ERROR) as logged:
                kept = getattr(session.get_widgets(), unbuilt)()
                await session.update()
            self.assertRegex(logged.output[0], r"test_widgets_api\.py:\d+: .* is not built here")
            with self.assertRaises(coscribe.WidgetError):
                await kept

        self.run_in(server, story)

    def test_ng_04_a_program_waits_for_a_client(self):
        server = self.server()

        async def story(app, session):
            with self.assertRaises(coscribe.NotReached):
                await session.connected(0.01)
            label = await session.get_widgets().Label("")
            seen = []

            @app.on_client_connect
            async def arrived(client):
                await client.connected()
                seen.append(client)
                await label.set_text(f"hello {client.name}")

            loop = asyncio.get_running_loop()
            with Browser(server, session.id, "Ann") as ann:
                client = await session.connected(10)
                self.assertEqual(client.id, ann.client)
                await loop.run_in_executor(None, lambda: ann.wait_for("Label", text="hello Ann"))
            self.assertEqual(seen, [client])

        self.run_in(server, story)

    def test_handlers_run_one_after_the_other_and_may_wait(self):
        server = self.server()

        async def story(_, session):
            button, label, order = await session.get_widgets().Button("b"), await session.get_widgets().Label(""), []

            async def slow():
                order.append("begins")
                await label.set_text("working")
                order.append("ends")

            await button.on("activated", slow)
            loop = asyncio.get_running_loop()
            with Browser(server, session.id) as ann:
                for _ in range(3):
                    await loop.run_in_executor(None, lambda: ann.act(button.wid, "activated"))
                while len(order) < 6:
                    await session.update()
            self.assertEqual(order, ["begins", "ends"] * 3)

        self.run_in(server, story)


class Table(Case):
    def test_the_table_of_classes_is_the_servers(self):
        rows = self.server().rest("GET", "/api/widgets/classes")["classes"]
        self.assertEqual({row["name"] for row in rows}, set(CLASSES))
        for row in rows:
            ours = CLASSES[row["name"]]
            with self.subTest(row["name"]):
                public = {name: names for name, names in row["methods"].items() if not name.startswith("_")}
                self.assertEqual({name: [p.name for p in m.parameters] for name, m in ours.methods.items()}, public)
                self.assertEqual([parameter.name for parameter in ours.positional], row["args"])
                self.assertEqual([parameter.name for parameter in ours.options], row["options"])
                self.assertEqual(set(ours.actions), set(row["callbacks"]))

    def test_what_editors_read_is_what_the_table_says(self):
        check = [sys.executable, str(PYTHON / "tools" / "stubs.py"), "--check"]
        done = subprocess.run(check, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
