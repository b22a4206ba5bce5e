"""The official Python client of the Model Context Protocol at `/mcp`."""

import asyncio
import unittest

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from server import Server


async def with_agent(server, scopes, work):
    """Runs `work` with a session of an agent that has a token of its own."""
    token = server.rest("POST", "/api/tokens", {"name": "Robot", "scopes": scopes})
    headers = {"Authorization": f"Bearer {token['secret']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
        async with streamable_http_client(f"{server.url}/mcp", http_client=client) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                await work(session)


class Agents(unittest.TestCase):
    def test_ms_34_an_agent_reads_edits_and_is_refused_what_is_stale(self):
        async def work(session):
            tools = (await session.list_tools()).tools
            self.assertGreater(len(tools), 20)
            notebook = (await session.call_tool("create_notebook", {"title": "From Python"})).structured_content["id"]
            wanted = {"notebook": notebook, "kind": "code", "source": "x = 1"}
            cell = (await session.call_tool("create_cell", wanted)).structured_content
            edit = {"notebook": notebook, "cell": cell["id"], "base": cell["version"], "old": "1", "new": "2"}
            self.assertEqual((await session.call_tool("edit_cell", edit)).structured_content["source"], "x = 2")
            stale = await session.call_tool("edit_cell", edit)
            self.assertTrue(stale.is_error)
            self.assertIn("x = 2", stale.content[0].text)
            task = (await session.call_tool("create_task", {"title": "T"})).structured_content["task"]
            self.assertEqual(task["createdBy"], {"name": "Robot", "kind": "agent"})
            denied = await session.call_tool("run_cell", {"notebook": notebook, "cell": cell["id"]})
            self.assertTrue(denied.is_error)
            self.assertIn("runs:execute", denied.content[0].text)

        with Server() as server:
            asyncio.run(with_agent(server, ["notebooks:write", "tasks:write"], work))


if __name__ == "__main__":
    unittest.main()
