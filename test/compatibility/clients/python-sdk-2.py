from contextlib import asynccontextmanager

import httpx2
import mcp
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from attempt import run, text_of


@asynccontextmanager
async def connect(target):
    headers = {"Authorization": f"Bearer {target['key']}"}
    mode = target.get("revision", "auto")
    if target["transport"] == "sse":
        async with mcp.Client(sse_client(target["url"], headers=headers), mode=mode) as client:
            yield Client(client)
        return
    async with httpx2.AsyncClient(headers=headers) as http_client:
        transport = streamable_http_client(target["url"], http_client=http_client)
        async with mcp.Client(transport, mode=mode) as client:
            yield Client(client)


class Client:
    def __init__(self, client):
        self._client = client

    async def list(self):
        return [tool.name for tool in (await self._client.list_tools()).tools]

    async def call(self, name, arguments):
        return text_of(await self._client.call_tool(name, arguments))


run(connect)
