from contextlib import asynccontextmanager

from langchain_mcp_adapters.client import MultiServerMCPClient

from attempt import run

TRANSPORTS = {"http": "streamable_http", "sse": "sse"}


@asynccontextmanager
async def connect(target):
    connection = {
        "transport": TRANSPORTS[target["transport"]],
        "url": target["url"],
        "headers": {"Authorization": f"Bearer {target['key']}"},
    }
    client = MultiServerMCPClient({"manifold": connection})
    yield Client({tool.name: tool for tool in await client.get_tools()})


class Client:
    def __init__(self, tools):
        self._tools = tools

    async def list(self):
        return list(self._tools)

    async def call(self, name, arguments):
        return str(await self._tools[name].ainvoke(arguments))


run(connect)
