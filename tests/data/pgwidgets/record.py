#!/usr/bin/env python3
"""Records what a program of the real pgwidgets-python and its browser say: `record.py PROGRAM.py > PROGRAM.json`.

Needs Python 3.12 or newer with pgwidgets-python. The browser of the recording answers as the published one does; it presses
what is in PRESSED, and comes back once, so that the recording has the program's own repetition of its window.
"""

import asyncio
import json
import runpy
import sys
import threading

import websockets

PORT = 9500
PRESSED = {"Button": ("activated", []), "Slider": ("activated", [7])}
# Without a message for so long, the program has said all it had to say.
QUIET_S = 1.0


class Browser:
    def __init__(self):
        self.credentials, self.next_wid, self.classes, self.listened = {}, 1, {}, []

    def answer(self, message):
        kind, answer = message["type"], {"type": "result", "id": message.get("id")}
        if kind == "init":
            self.next_wid, self.classes, self.listened = 1, {}, []
            return answer | self.credentials
        if kind == "session-info":
            self.credentials = {key: message[key] for key in ("session_id", "token")}
            return {"type": "viewport", "width": 1200, "height": 800}
        if kind == "create":
            self.classes[message["wid"]] = message["class"]
            self.next_wid = max(self.next_wid, message["wid"] + 1)
            return answer | {"wid": message["wid"], "next_wid": self.next_wid}
        if kind == "listen":
            self.listened.append((message["wid"], message["action"]))
        if kind == "call" and message["method"] in ("add_name", "add_action"):
            parent = self.classes.get(message["wid"])
            made = {"MenuBar": "Menu", "Menu": "MenuAction", "ToolBar": "ToolBarAction"}[parent]
            wid, self.next_wid = self.next_wid, self.next_wid + 1
            self.classes[wid] = made
            return answer | {"value": {"__wid__": wid, "__class__": made}}
        return None if kind.startswith("binary-c") else answer

    def presses(self):
        for wid, action in self.listened:
            if PRESSED.get(self.classes.get(wid), [None])[0] == action:
                yield {"type": "callback", "wid": wid, "action": action, "args": PRESSED[self.classes[wid]][1]}


async def converse(browser, presses):
    said = []
    async with websockets.connect(f"ws://127.0.0.1:{PORT}", proxy=None) as socket:

        async def until_quiet():
            while True:
                try:
                    frame = await asyncio.wait_for(socket.recv(), QUIET_S)
                except asyncio.TimeoutError:
                    return
                if isinstance(frame, bytes):
                    said.append({"from": "program", "bytes": frame.hex()})
                    continue
                message = json.loads(frame)
                said.append({"from": "program", "message": message})
                answer = browser.answer(message)
                if answer is not None:
                    said.append({"from": "browser", "message": answer})
                    await socket.send(json.dumps(answer))

        await until_quiet()
        for press in list(browser.presses()) if presses else []:
            said.append({"from": "browser", "message": press})
            await socket.send(json.dumps(press))
            await until_quiet()
    return said


async def reached():
    while True:
        try:
            return (await asyncio.open_connection("127.0.0.1", PORT))[1].close()
        except OSError:
            await asyncio.sleep(0.05)


async def main():
    await reached()
    browser = Browser()
    return [await converse(browser, presses=True), await converse(browser, presses=False)]


threading.Thread(target=runpy.run_path, args=(sys.argv[1],), kwargs={"run_name": "__main__"}, daemon=True).start()
json.dump({"recorded": "pgwidgets-python", "connections": asyncio.run(main())}, sys.stdout, indent=1)
print()
