/**
 * The same MCP server over Streamable HTTP, on node:http. Listens on 127.0.0.1, PORT or a free one, and prints its address.
 * Takes the flags of echo-stdio.mjs for its tools (--tools, --page-size, --offers, --asks, --ledger, --lifecycle), and
 *
 *   --sse-only            initialize over POST is answered 405; GET opens the stream of HTTP+SSE
 *   --sse-only=404        the same with another status
 *
 * For tests:
 *   GET  /control/state          { initializes, sessions, requests: [{ method, path, headers }] }, newest request last
 *   POST /control/drop-sessions  forgets all sessions, as a restart would
 */
import { createServer } from 'node:http';
import { readFlags } from './flags.mjs';
import { Journal } from './journal.mjs';
import { McpServer } from './mcp-server.mjs';
import { Sessions } from './http-sessions.mjs';
import { openSse, sendSse } from './event-stream.mjs';

const REMEMBERED_REQUESTS = 1000;

const flags = readFlags();
new Journal(flags.lifecycle).write({ event: 'started' });
const mcp = new McpServer(flags, (message) => sessions.broadcast(message));
const sessions = new Sessions();
const requests = [];
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => void route(request, response));

// If a test has started it, it ends together with the test.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

async function route(request, response) {
  const { method } = request;
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/control/')) return control(url.pathname, response);
  if (url.pathname === '/livez') return answer(response, 200, { status: 'ok' });
  requests.push({ method, path: url.pathname, headers: request.headers });
  if (requests.length > REMEMBERED_REQUESTS) requests.shift();
  if (method === 'POST' && url.pathname === '/messages')
    return messages(request, response, url.searchParams.get('sessionId'));
  if (url.pathname !== '/mcp' && url.pathname !== '/sse') return answer(response, 404);
  if (flags['sse-only']) return method === 'GET' ? openLegacy(response) : refuse(response);
  if (method === 'POST') return post(request, response);
  return sessionRoute(method, request.headers['mcp-session-id'], response);
}

function control(path, response) {
  if (path === '/control/drop-sessions') sessions.drop();
  answer(response, 200, { initializes: sessions.opened, sessions: sessions.size, requests });
}

function refuse(response) {
  answer(response, flags['sse-only'] === true ? 405 : Number(flags['sse-only']));
}

/** Streamable HTTP, one message per POST. */
async function post(request, response) {
  const message = await body(request);
  const id = message.method === 'initialize' ? sessions.open(mcp.openChannel()) : request.headers['mcp-session-id'];
  const session = id && sessions.get(id);
  if (!session)
    return answer(response, id ? 404 : 400, rpcError(id ? -32001 : -32000, id ? 'Session not found' : 'No session'));
  if (message.id === undefined || message.method === undefined) response.writeHead(202);
  const send = (outgoing) => {
    if (response.writableEnded) return;
    if (outgoing.method !== undefined) {
      if (!response.headersSent) openSse(response);
      return sendSse(response, outgoing);
    }
    if (!response.headersSent) return answer(response, 200, outgoing, { 'mcp-session-id': id });
    sendSse(response, outgoing);
    response.end();
  };
  mcp.receive(message, session.channel, send, () => {
    if (!response.headersSent) openSse(response);
    response.end();
  });
}

function sessionRoute(method, id, response) {
  const session = id && sessions.get(id);
  if (!session) return answer(response, id ? 404 : 400, rpcError(-32001, 'Session not found'));
  if (method === 'DELETE') {
    sessions.close(id);
    return answer(response, 200);
  }
  if (method !== 'GET') return answer(response, 405);
  openSse(response);
  sessions.listen(id, response);
}

/** HTTP+SSE: the stream is the session. */
function openLegacy(response) {
  const id = sessions.open(mcp.openChannel());
  openSse(response);
  response.write(`event: endpoint\ndata: /messages?sessionId=${id}\n\n`);
  sessions.listen(id, response);
  response.on('close', () => sessions.close(id));
}

async function messages(request, response, id) {
  const message = await body(request);
  const session = sessions.get(id ?? '');
  if (!session) return answer(response, 404);
  response.writeHead(202).end();
  mcp.receive(message, session.channel, (outgoing) => session.stream && sendSse(session.stream, outgoing));
}

const rpcError = (code, message) => ({ jsonrpc: '2.0', error: { code, message }, id: null });

function answer(response, status, json, headers = {}) {
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers }).end(json === undefined ? undefined : JSON.stringify(json));
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
