import type { FastifyReply } from 'fastify';

import type { Text } from '../json-rpc/spliced-text.js';

export type Headers = Readonly<Record<string, string | number>>;

/**
 * Hijacks the reply, so that the caller writes the response itself. Fastify's serialisation and send hooks cost more than the call.
 * @returns the headers that hooks (CORS, security headers) have set on the reply
 */
export function takeOver(reply: FastifyReply): Record<string, number | string | string[] | undefined> {
  reply.hijack();
  return reply.getHeaders();
}

/** @param text JSON */
export function answerJson(reply: FastifyReply, status: number, text: Text, headers?: Headers): void {
  const inherited = takeOver(reply);
  if (reply.raw.destroyed) return;
  reply.raw.writeHead(status, {
    ...inherited,
    ...headers,
    'content-type': 'application/json',
    'content-length': typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength,
  });
  if (typeof text === 'string') return void reply.raw.end(text);
  reply.raw.write(text.before);
  reply.raw.write(text.shared);
  reply.raw.end(text.after);
}

/** Sends a response without a body. */
export function answerEmpty(reply: FastifyReply, status: number): void {
  const inherited = takeOver(reply);
  if (reply.raw.destroyed) return;
  // A 204 response must not have a Content-Length header (RFC 9110, section 8.6).
  reply.raw.writeHead(status, status === 204 ? inherited : { ...inherited, 'content-length': 0 });
  reply.raw.end();
}
