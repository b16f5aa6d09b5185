import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReceivedRequest } from '../http/exchange.js';

export function receivedRequest(request: IncomingMessage, text: string): ReceivedRequest {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const { method = 'GET', headers } = request;
  return {
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers,
    body: bodyOf(text, headers['content-type']),
  };
}

function bodyOf(text: string, type = ''): unknown {
  if (text === '') return undefined;
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Returns a copy of the request, for a handler that reads the body itself. */
export function replayed(request: IncomingMessage, text: string): IncomingMessage {
  const { method, url, headers, socket, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const body = Readable.from([Buffer.from(text)], { objectMode: false });
  return Object.assign(body, {
    method,
    url,
    headers,
    socket,
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
  }) as unknown as IncomingMessage;
}
