import type { FastifyReply } from 'fastify';

import type { Text } from './spliced-text.js';

export type Headers = Readonly<Record<string, string | number>>;

/**
 * Takes the answer out of Fastify's hands: its serialisation and its hooks before sending cost more than the call.
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

/** An answer without a body. */
export function answerEmpty(reply: FastifyReply, status: number): void {
  const inherited = takeOver(reply);
  if (reply.raw.destroyed) return;
  // 204 says itself that there is none (RFC 9110, section 8.6).
  reply.raw.writeHead(status, status === 204 ? inherited : { ...inherited, 'content-length': 0 });
  reply.raw.end();
}
