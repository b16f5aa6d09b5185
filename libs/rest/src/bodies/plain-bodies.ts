import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problem.js';

const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii'];
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/gi;

/**
 * Answers 415 to a body that is compressed or in a charset other than UTF-8, before the body is read. The gateway never inflates a body, and
 * reads all bodies as UTF-8. A proxy before it that follows these headers would see another body (docs/THREATS.md, threat 82).
 */
export function refuseEncodedBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => done(refusalOf(request), payload));
}

function refusalOf({ headers }: FastifyRequest): ProblemError | null {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  const isEncoded = encoding.trim().toLowerCase() !== 'identity';
  const isForeign = [...type.matchAll(CHARSET)].some(([, charset]) => !CHARSETS.includes(charset!.toLowerCase()));
  if (!(isEncoded || isForeign) || !hasBody(headers)) return null;
  const detail = isEncoded ? 'The body must not be compressed' : 'The body must be UTF-8';
  const accepted = isEncoded ? { headers: { 'accept-encoding': 'identity' } } : undefined;
  return new ProblemError(415, 'unsupported_media_type', detail, accepted);
}

const hasBody = (headers: FastifyRequest['headers']): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
