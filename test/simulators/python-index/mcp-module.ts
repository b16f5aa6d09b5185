/**
 * Returns a module that is an MCP server over stdio, without dependencies. Its tool `version` answers its own version. Its tool `packages`
 * answers which of the given modules it can import.
 */
export function mcpModule(version: string): string {
  return `import importlib.util, json, sys

VERSION = '${version}'


def call(name, arguments):
    if name == 'version':
        return VERSION
    return ' '.join(name for name in arguments['of'] if importlib.util.find_spec(name))


def answer(method, params):
    if method == 'initialize':
        info = {'name': 'python-demo', 'version': VERSION}
        return {'protocolVersion': params['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': info}
    if method == 'tools/list':
        return {'tools': [{'name': name, 'inputSchema': {'type': 'object'}} for name in ('version', 'packages')]}
    if method == 'tools/call':
        return {'content': [{'type': 'text', 'text': call(params['name'], params.get('arguments', {}))}]}
    return {}


if __name__ == '__main__':
    for line in sys.stdin:
        message = json.loads(line)
        if 'id' in message:
            result = answer(message['method'], message.get('params', {}))
            print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result}), flush=True)
`;
}
