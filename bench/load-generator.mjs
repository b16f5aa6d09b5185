/**
 * HTTP load, in a process of its own: as many keep-alive connections as calls in flight, each with one call at a time, on
 * bare sockets, because two processors leave little for the client. Every answer is checked.
 *
 * Job: { port, requests: [{ head, before, after }], expected, inFlight, warmUpMs, measureMs }. Connection n sends
 * request n (modulo their number): `head` without Content-Length, and the body as `before` + JSON-RPC id + `after`.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { serveMeasurement } from './measured-window.mjs';
import { ResponseReader } from './response-reader.mjs';

/** All ids have seven digits, so that Content-Length is a constant. */
const FIRST_ID = 1_000_000;

class Connection {
  #nextId = FIRST_ID;
  #sentAt = 0;

  constructor(socket, { head, before, after }, expected) {
    this.socket = socket;
    const length = Buffer.byteLength(before) + Buffer.byteLength(after) + String(FIRST_ID).length;
    this.before = `${head}Content-Length: ${length}\r\n\r\n${before}`;
    this.after = after;
    this.reader = new ResponseReader(expected);
  }

  send() {
    this.#sentAt = performance.now();
    this.socket.write(`${this.before}${this.#nextId++}${this.after}`);
  }

  /** Sends one call after the other until the time has come. */
  keepBusy(untilMs, latencies) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        this.socket.off('data', onData).off('error', reject).off('close', onClose);
        settle(value);
      };
      const onData = (chunk) => {
        let complete;
        try {
          complete = this.reader.push(chunk);
        } catch (error) {
          return finish(reject, error);
        }
        if (!complete) return;
        const now = performance.now();
        latencies.add(now - this.#sentAt);
        if (now >= untilMs) return finish(resolve);
        this.send();
      };
      const onClose = () => finish(reject, new Error('the server closed a connection'));
      this.socket.on('data', onData).on('error', reject).on('close', onClose);
      this.send();
    });
  }
}

serveMeasurement(async ({ port, requests, expected, inFlight }) => {
  const connections = await Promise.all(
    Array.from({ length: inFlight }, async (_, number) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return new Connection(socket, requests[number % requests.length], expected);
    }),
  );
  return async (untilMs, latencies) => {
    await Promise.all(connections.map((connection) => connection.keepBusy(untilMs, latencies)));
  };
});
