import type { FastifyInstance, FastifyRequest } from 'fastify';
import { membersOf, TOO_DEEP, writtenMembers } from './json-members.js';
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
 * (threat 18), as are values nested deeper than 64 levels and objects that name a key twice: of these, what checks a body and what
 * acts on it might each see another one (threat 16).
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
      const members = writtenMembers(text, MAX_DEPTH);
      if (members === TOO_DEEP) {
        return done(new Problem(400, 'invalid_request', `The body is nested deeper than ${MAX_DEPTH} levels`));
      }
      return parse(request, text, (error, value) => {
        if (error) return done(new Problem(400, 'invalid_json', 'The body is not valid JSON', { cause: error }));
        if (members === membersOf(value)) return done(null, value);
        return done(new Problem(400, 'invalid_json', 'An object in the body names a key twice'));
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
