"""pycrdt's provider: both directions, late joining, and what a killed server still knows."""

import unittest

from clients import connected, until
from pycrdt import Doc, Map, Text
from server import Server


class Pycrdt(unittest.IsolatedAsyncioTestCase):
    async def test_two_clients_converge_in_both_directions(self):
        with Server() as server:
            async with connected(server, "doc:py") as ann, connected(server, "doc:py") as bob:
                ours, theirs = ann.get("text", type=Text), bob.get("text", type=Text)
                ours += "from Ann 😀 "
                await until(lambda: "Ann" in str(theirs), "Bob sees Ann")
                theirs += "from Bob"
                await until(lambda: str(ours) == "from Ann 😀 from Bob", lambda: f"Ann sees Bob: {ours}")
                ann.get("map", type=Map)["nested"] = Map({"key": "value"})
                await until(lambda: "nested" in bob.get("map", type=Map), "nested maps arrive")
                self.assertEqual(bob.get("map", type=Map).to_py(), {"nested": {"key": "value"}})

    async def test_a_late_joiner_gets_everything_even_after_kill_9(self):
        with Server() as server:
            async with connected(server, "doc:late") as ann, connected(server, "doc:late") as witness:
                text = ann.get("text", type=Text)
                for word in ["kept ", "through ", "the ", "kill"]:
                    text += word
                await until(lambda: str(witness.get("text", type=Text)) == "kept through the kill", "a peer was shown it")
                server.kill()
            server.restart()
            async with connected(server, "doc:late") as late:
                await until(lambda: str(late.get("text", type=Text)) == "kept through the kill", "it is there")

    async def test_edits_made_offline_merge(self):
        with Server() as server:
            doc = Doc()
            async with connected(server, "doc:away", doc):
                doc.get("text", type=Text).insert(0, "base ")
                await until(lambda: b"base" in server.request("GET", "/api/documents/doc:away/state"), "the server has it")
            doc.get("text", type=Text).insert(5, "offline")
            async with connected(server, "doc:away") as other:
                await until(lambda: str(other.get("text", type=Text)) == "base ", "the other is there")
                other.get("text", type=Text).insert(0, "online ")
                async with connected(server, "doc:away", doc):
                    for one in (doc, other):
                        expected = "online base offline"
                        await until(lambda one=one: str(one.get("text", type=Text)) == expected, "both merged")


if __name__ == "__main__":
    unittest.main()
