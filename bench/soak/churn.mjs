import { setTimeout as pause } from 'node:timers/promises';
import { callMcp, openSession } from '../requests.mjs';
import { rest } from '../rest.mjs';
import { ECHO_STDIO } from '../programs.mjs';

const WORKERS = 8;
/** Between two rounds of a worker: what is sought are leaks, not the gateway's limits. */
const PAUSE_MS = 50;
/** Between two faults: a server is restarted five times a minute. */
const FAULT_EVERY_MS = 15_000;
const CANCEL_AFTER_MS = 30;

const echoServer = (name) => ({ name, command: process.execPath, args: [ECHO_STDIO, '--tools=20'] });

/**
 * Does what clients do all day, well and badly, and injects faults behind the gateway. It counts the answers that no client may get.
 *
 * 1. `register`, once for a gateway; 2. `start`; 3. `stop`, which ends with the last answer.
 */
export class Churn {
  rounds = 0;
  faults = new Map();
  #ending = new AbortController();
  #working = [];

  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  async register() {
    for (const name of ['echo', 'frail']) await this.#rest('POST', '/mcp/servers', echoServer(name));
  }

  start() {
    const workers = Array.from({ length: WORKERS }, () => this.#until(PAUSE_MS, () => this.#client()));
    this.#working = [...workers, this.#until(FAULT_EVERY_MS, () => this.#breakage())];
  }

  async stop() {
    this.#ending.abort();
    await Promise.all(this.#working);
  }

  async #until(everyMs, work) {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await work().catch((error) => this.#note(String(error.message).slice(0, 160)));
      this.rounds += 1;
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A client that connects, listens, calls, gives up calls, sends rubbish, and forgets to say goodbye every other time. */
  async #client() {
    const session = await openSession(this.url, this.token);
    const leave = new AbortController();
    const stream = await this.#fetch('GET', session, undefined, leave.signal);
    const listening = stream.text().catch(() => undefined);
    await callMcp(this.url, this.token, session, 'tools/list');
    for (let call = 0; call < 5; call += 1) {
      const message = 'x'.repeat(call * 1000);
      await callMcp(this.url, this.token, session, 'tools/call', { name: 'echo_echo', arguments: { message } });
    }
    await this.#withProgress(session);
    await this.#givenUp(session);
    await this.#expect(400, this.#fetch('POST', session, '{"jsonrpc":'));
    await this.#expect(404, this.#fetch('POST', 'nobody-has-this-session', '{"jsonrpc":"2.0","id":1,"method":"ping"}'));
    leave.abort();
    await listening;
    if (this.rounds % 2 === 0) await this.#expect(200, this.#fetch('DELETE', session));
  }

  async #withProgress(session) {
    const params = { name: 'echo_slow', arguments: { ms: 20, steps: 4 }, _meta: { progressToken: 1 } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const text = await (await this.#fetch('POST', session, body)).text();
    if (!text.includes('done')) this.#note('a call with progress had no result');
  }

  async #givenUp(session) {
    const params = { name: 'echo_slow', arguments: { ms: 60_000 } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    const call = this.#fetch('POST', session, body, AbortSignal.timeout(CANCEL_AFTER_MS));
    await call.then((response) => response.text()).catch(() => undefined);
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } };
    await this.#expect(202, this.#fetch('POST', session, JSON.stringify(cancel)));
  }

  /** A server dies in the middle of a call, another one comes and goes, a secret changes, a stranger knocks. */
  async #breakage() {
    const crash = { serverName: 'frail', methodName: 'crash', args: {} };
    await this.#rest('POST', '/mcp/tool/call', crash).catch(() => undefined);
    await this.#rest('POST', '/mcp/servers', echoServer('passing'));
    await this.#rest('POST', '/mcp/tool/call', { serverName: 'passing', methodName: 'echo', args: { message: 'hi' } });
    await this.#rest('DELETE', '/mcp/servers/passing');
    const secret = { serverName: 'echo', secretName: 'TOKEN' };
    await this.#rest('POST', '/secrets/set', { ...secret, secretValue: `value ${this.rounds}` });
    await this.#rest('POST', '/secrets/delete', secret);
    await this.#expect(401, fetch(`${this.url}/mcp/tools`, { headers: { authorization: 'Bearer mfk_wrong' } }));
  }

  #rest(method, path, body) {
    return rest(this.url, this.token, method, path, body);
  }

  #fetch(method, session, body, signal) {
    const headers = {
      authorization: `Bearer ${this.token}`,
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      'mcp-session-id': session,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    return fetch(`${this.url}/mcp`, { method, headers, body, signal });
  }

  async #expect(status, answering) {
    const answer = await answering;
    await answer.text();
    if (answer.status !== status) this.#note(`${answer.status} where ${status} was due`);
  }

  #note(fault) {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }
}
