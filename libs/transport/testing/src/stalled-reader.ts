import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TransportApp } from './transport-app.js';

/** Opens a connection of a client that sends a request and never reads the response. */
export async function stalled(app: TransportApp, session: string, path: string, body?: unknown): Promise<Socket> {
  const socket = connect(app.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    `host: 127.0.0.1:${app.port}`,
    'authorization: Bearer alice',
    'accept: application/json, text/event-stream',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...(session === '' ? [] : [`mcp-session-id: ${session}`]),
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  return socket;
}
