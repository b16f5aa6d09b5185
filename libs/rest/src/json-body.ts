import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/** Deeper values overflow the stack of `JSON.stringify` (SECURITY.md, threat 16). */
const MAX_DEPTH = 64;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bytes that the body of this route may have, where that is less than the general limit. */
    bodyLimit?: number;
  }
}

/**
 * Makes `application/json` the only body that the server reads. `__proto__` and `constructor.prototype` keys are refused
 * (threat 18), as are values nested deeper than 64 levels.
 * @param limit bytes
 */
export function readJsonBodies(fastify: FastifyInstance, limit: number): void {
  answerLongBodies(fastify);
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string', bodyLimit: limit },
    (request: FastifyRequest, text, done) => {
      if (text === '') return done(null, undefined);
      const routeLimit = request.routeOptions.config?.bodyLimit;
      if (routeLimit !== undefined && Buffer.byteLength(text) > routeLimit) {
        return done(new Problem(413, 'payload_too_large', `The body is larger than ${routeLimit} bytes`));
      }
      if (isDeeperThan(text, MAX_DEPTH)) {
        return done(new Problem(400, 'invalid_request', `The body is nested deeper than ${MAX_DEPTH} levels`));
      }
      return parse(request, text, (error, value) => {
        if (error) return done(new Problem(400, 'invalid_json', 'The body is not valid JSON', { cause: error }));
        return done(null, value);
      });
    },
  );
}

/**
 * Fastify closes the connection of a client that sends too much. If it is still sending, it sees a broken pipe and never the answer:
 * so the rest is read and dropped, for as long as one request may take.
 */
function answerLongBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.statusCode === 413) reply.removeHeader('connection');
    done(null, payload);
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Counts brackets outside strings, before anything is built from the text. */
export function isDeeperThan(json: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
  }
  return false;
}
