/** Makes the requests of the load generator, once per connection: `head` without Content-Length, and the body around the JSON-RPC id. */

const MODERN_REVISION = '2026-07-28';
const LEGACY_REVISION = '2025-11-25';
const CLIENT_INFO = { name: 'bench', version: '1.0.0' };
/** Stands where the load generator writes the id. */
const ID = '"the id"';

function post(path, headers, body) {
  const fields = {
    host: '127.0.0.1',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const [before, after = ''] = JSON.stringify(body).split(ID);
  return { head: `POST ${path} HTTP/1.1\r\n${lines.join('')}`, before, after };
}

const rpc = (method, params) => ({ jsonrpc: '2.0', id: JSON.parse(ID), method, params });
const bearer = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

export function legacyRequest({ session, token }, method, params) {
  const headers = { ...bearer(token), 'mcp-session-id': session, 'mcp-protocol-version': LEGACY_REVISION };
  return post('/mcp', headers, rpc(method, params));
}

/** @param meta on top of what each request says */
export function modernToolCall({ token }, params, meta = {}) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  };
  const headers = {
    ...bearer(token),
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': 'tools/call',
    'mcp-name': params.name,
  };
  return post('/mcp', headers, rpc('tools/call', { ...params, _meta }));
}

/** The id is a field of the tool's arguments here: the REST body has no place for one. */
export function restToolCall({ token }, { serverName, methodName, args }) {
  return post('/mcp/tool/call', bearer(token), { serverName, methodName, args: { ...args, call: JSON.parse(ID) } });
}

/** Opens a session of the legacy era. @param query of the URL. @returns its id */
export async function openSession(url, token, query = '') {
  const send = (body, session) =>
    fetch(`${url}/mcp${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...bearer(token),
        ...(session && { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY_REVISION }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    });
  const params = { protocolVersion: LEGACY_REVISION, capabilities: {}, clientInfo: CLIENT_INFO };
  const answer = await send({ id: 1, method: 'initialize', params });
  const session = answer.headers.get('mcp-session-id');
  if (!answer.ok || session === null) throw new Error(`initialize: ${answer.status} ${await answer.text()}`);
  await answer.text();
  await (await send({ method: 'notifications/initialized' }, session)).text();
  return session;
}

/** One request of a session. @returns its result. @throws for any error */
export async function callMcp(url, token, session, method, params = {}) {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { ...headers, ...bearer(token), 'mcp-session-id': session },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  if (!result) throw new Error(`${method}: ${response.status} ${JSON.stringify(error)}`);
  return result;
}
