from contextlib import asynccontextmanager

import httpx
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from attempt import run, text_of


@asynccontextmanager
async def connect(target):
    headers = {"Authorization": f"Bearer {target['key']}"}
    if target["transport"] == "sse":
        async with sse_client(target["url"], headers=headers) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield Client(session)
        return
    async with (
        httpx.AsyncClient(headers=headers) as http_client,
        streamable_http_client(target["url"], http_client=http_client) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        yield Client(session)


class Client:
    def __init__(self, session):
        self._session = session

    async def list(self):
        return [tool.name for tool in (await self._session.list_tools()).tools]

    async def call(self, name, arguments):
        return text_of(await self._session.call_tool(name, arguments))


run(connect)
