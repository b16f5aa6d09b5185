"""What clients of Python share: each does what every client has to do and writes the report that attempt.mjs of this folder writes."""

import asyncio
import json
import sys

CALLS = {
    "echo": ("everything_echo", {"message": "hello"}),
    "denied": ("files_read_text_file", {"path": "/not/allowed.txt"}),
}


def run(connect):
    """Runs `connect(target)`, an asynchronous context manager with a client that has `list` and `call`."""
    asyncio.run(_attempt(connect, json.loads(sys.argv[1])))


async def _attempt(connect, target):
    report = {}
    try:
        async with connect(target) as client:
            report["tools"] = await client.list()
            report["answer"] = await client.call(*CALLS["echo"])
            try:
                report["error"] = await client.call(*CALLS["denied"])
            except Exception as error:
                report["error"] = _causes_of(error)
    except BaseException as error:
        report["failure"] = _causes_of(error)
    print("\n" + json.dumps(report), flush=True)


def _causes_of(error):
    """Returns the messages of an error, of those in a group, and of its cause."""
    messages = [str(error)]
    messages += [_causes_of(member) for member in getattr(error, "exceptions", ())]
    if error.__cause__ is not None:
        messages.append(_causes_of(error.__cause__))
    return ": ".join(message for message in messages if message)


def text_of(result):
    """Returns all text of a result of `tools/call`."""
    return "\n".join(getattr(block, "text", "") for block in result.content)
