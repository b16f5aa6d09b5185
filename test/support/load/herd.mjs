/**
 * Simulates many clients of the legacy era in a separate process. Each has a session and listens to its stream. When the stream ends, the
 * client reconnects after a random pause, or later if the server says so.
 *
 * Messages: { open: { ports, count } } opens the sessions at the first port, one stream each. From then on a client that loses its stream
 * reconnects to the ports in turn. { report: true } answers { listening, returned, refused: { status: n }, faults: [text] }. { call: true }
 * makes each client call the tool `echo_echo` once and answers { answered, faults }. { end: true } ends all sessions.
 */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const PARALLEL = 50;
const RETURN_WITHIN_MS = 1_000;
const MOST_FAULTS = 20;
// Each request has a connection of its own: a server may close an idle one at the moment at which it is used again, which is no fault.
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
const state = { listening: 0, returned: 0, refused: {}, faults: [] };
let clients = [];
let ports = [];
let turn = 0;
let ending = false;

const fault = (text) => state.faults.length < MOST_FAULTS && state.faults.push(text);

function send(port, method, session, body) {
  const headers = {
    accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    ...(session && { 'mcp-session-id': session }),
    ...(body && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path: '/mcp', method, headers }, resolve);
    outgoing.on('error', reject).end(body && JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }));
  });
}

async function textOf(answer) {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}

const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'herd', version: '1' } },
};

/** @returns whether the replica at a port is alive: the kernel may still accept connections for one that was killed, but nothing answers */
const isAlive = (port) =>
  new Promise((resolve) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, path: '/livez' }, (answer) => {
      answer.resume();
      resolve(true);
    });
    outgoing.on('error', () => resolve(false)).end();
  });

/**
 * Repeats a request until it is answered with 200, and counts refusals. @returns the answer; undefined for a refusal without Retry-After
 */
async function served(method, session, body, at) {
  for (;;) {
    const port = at ?? ports[turn++ % ports.length];
    const answer = await send(port, method, session, body).catch((error) => ({ error }));
    if (answer.error) {
      await pause(Math.random() * 100);
      // The next port is tried. A replica that was killed resets its connections; a live one must not.
      if (await isAlive(port)) fault(`${method}: ${answer.error.code ?? answer.error.message}`);
      continue;
    }
    if (answer.statusCode === 200) return answer;
    await textOf(answer);
    const wait = Number(answer.headers['retry-after']);
    state.refused[answer.statusCode] = (state.refused[answer.statusCode] ?? 0) + 1;
    if (![429, 503].includes(answer.statusCode) || !(wait > 0)) {
      fault(`${method}: ${answer.statusCode} without a time to come back`);
      return undefined;
    }
    await pause(wait * 1000 * (1 + Math.random() / 2));
  }
}

class Client {
  async open(port) {
    const answer = await served('POST', undefined, INITIALIZE, port);
    this.session = answer.headers['mcp-session-id'];
    await textOf(answer);
    await this.listen(port);
  }

  async listen(port) {
    const stream = await served('GET', this.session, undefined, port);
    if (!stream) return;
    this.stream = stream;
    state.listening += 1;
    stream.resume();
    stream.on('error', () => undefined); // `close` follows
    stream.once('close', () => void this.comeBack());
  }

  async comeBack() {
    state.listening -= 1;
    if (ending) return;
    await pause(Math.random() * RETURN_WITHIN_MS);
    await this.listen();
    state.returned += 1;
  }

  async call() {
    const params = { name: 'echo_echo', arguments: { message: 'back again' } };
    const answer = await served('POST', this.session, { method: 'tools/call', params });
    return answer !== undefined && (await textOf(answer)).includes('back again');
  }

  async end() {
    const answer = await served('DELETE', this.session);
    if (answer) await textOf(answer);
    this.stream?.destroy();
  }
}

async function each(work) {
  let next = 0;
  const worker = async () => {
    while (next < clients.length) await work(clients[next++]);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

const commands = {
  async open({ ports: all, count }) {
    ports = all;
    clients = Array.from({ length: count }, () => new Client());
    await each((client) => client.open(ports[0]));
    return { listening: state.listening, faults: state.faults };
  },
  async call() {
    let answered = 0;
    await each(async (client) => {
      if (await client.call()) answered += 1;
    });
    return { answered, faults: state.faults };
  },
  report: () => Promise.resolve(state),
  async end() {
    ending = true;
    await each((client) => client.end());
    return { faults: state.faults };
  },
};

process.on('message', ([name, job]) => {
  commands[name](job).then(
    (answer) => process.send(answer),
    (error) => process.send({ faults: [String(error.stack)] }),
  );
});
process.on('disconnect', () => process.exit(0));
