import { request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EgressError } from '../egress-error.js';
import { answerRefusal, countForwarded, refusalFor } from './proxy-refusal.js';
import type { ProxyTarget } from './proxy-target.js';

/** Fields that are for one connection (RFC 9110, section 7.6.1), and `expect`, which the proxy has answered. */
const OF_CONNECTION = new Set([
  ...['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authorization', 'proxy-authenticate', 'expect'],
]);

/** Connects two sockets until both have ended. Bytes that one of them does not take are not read from the other one. */
export function tunnel(client: Socket, upstream: Socket, head: Buffer, idleMs: number): void {
  countForwarded();
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  upstream.write(head);
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ]) {
    from!.setTimeout(idleMs, () => from!.destroy());
    from!.on('error', () => to!.destroy());
    // After a regular end, what has been read before is still being written to the other one.
    from!.on('close', () => {
      if (!from!.readableEnded || !from!.writableFinished) to!.destroy();
    });
    from!.pipe(to!);
  }
}

export interface Forwarded extends ProxyTarget {
  readonly path: string;
  /** A further field for a proxy in between. */
  readonly authorization?: string;
}

/** Sends a request on a connection, and its answer back. Bodies pass through, as fast as their reader takes them. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: Socket,
  { path, authority, authorization }: Forwarded,
  idleMs: number,
): void {
  const host = authority.replace(/:80$/, '');
  const headers = ['Host', host, ...passedOn(request), 'Connection', 'close'];
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  if (authorization !== undefined) headers.push('Proxy-Authorization', authorization);
  const fail = (error: unknown): void => {
    upstream.destroy();
    answerRefusal(response, refusalFor(error, authority));
  };
  try {
    const outgoing = send({ createConnection: () => upstream, method: request.method, path, headers });
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      incoming.on('error', () => response.destroy());
      try {
        response.writeHead(incoming.statusCode!, incoming.statusMessage, passedOn(incoming));
        countForwarded();
        incoming.pipe(response);
      } catch (error) {
        fail(error); // a field that must not be sent
      }
    });
    response.on('close', () => upstream.destroy());
    upstream.setTimeout(idleMs, () =>
      upstream.destroy(new EgressError('timeout', `${authority} sent nothing for ${idleMs / 1000} s`)),
    );
    request.pipe(outgoing);
  } catch (error) {
    fail(error);
  }
}

/** Returns names and values of the fields that are for the other end, in turn. `Host` is that of the target. */
function passedOn(message: IncomingMessage): string[] {
  const named = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const { rawHeaders } = message;
  const fields: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (OF_CONNECTION.has(name) || named.has(name) || name === 'host') continue;
    fields.push(rawHeaders[at]!, rawHeaders[at + 1]!);
  }
  return fields;
}
