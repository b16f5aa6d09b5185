/**
 * Sessions of the legacy era, opened and closed without a pause, in a process of its own: as many keep-alive connections as sessions at a
 * time, on bare sockets. One call is `initialize` and the DELETE of its session.
 *
 * Job: { port, token, inFlight, warmUpMs, measureMs }.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { serveMeasurement } from './measured-window.mjs';

const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
});
const HEAD_END = '\r\n\r\n';

class Connection {
  #text = '';

  constructor(socket, token) {
    this.socket = socket.setEncoding('latin1');
    this.common = `HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
    this.opening =
      `POST /mcp ${this.common}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n` +
      `Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
  }

  async openAndClose() {
    const opened = await this.#exchange(this.opening);
    const [, session] = /\r\nmcp-session-id: *(\S+)/i.exec(opened) ?? [];
    if (session === undefined) throw new Error(`No session: ${opened}`);
    const closed = await this.#exchange(`DELETE /mcp ${this.common}Mcp-Session-Id: ${session}\r\n\r\n`);
    if (!/^HTTP\/1.1 20[04]/.test(closed)) throw new Error(`Not closed: ${closed}`);
  }

  async #exchange(request) {
    this.socket.write(request);
    for (this.#text = ''; ;) {
      const [chunk] = await once(this.socket, 'data');
      this.#text += chunk;
      const end = this.#text.indexOf(HEAD_END);
      if (end < 0) continue;
      const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(this.#text) ?? [];
      if (this.#text.length >= end + HEAD_END.length + Number(length)) return this.#text;
    }
  }
}

serveMeasurement(async ({ port, token, inFlight }) => {
  const connections = await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return new Connection(socket, token);
    }),
  );
  const keepBusy = async (connection, untilMs, latencies) => {
    for (let begun = performance.now(); begun < untilMs; begun = performance.now()) {
      await connection.openAndClose();
      latencies.add(performance.now() - begun);
    }
  };
  return async (untilMs, latencies) => {
    await Promise.all(connections.map((connection) => keepBusy(connection, untilMs, latencies)));
  };
});
