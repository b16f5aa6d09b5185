import type { FastifyInstance, FastifyRequest } from 'fastify';
import { plainJson } from './json-comments.js';
import { membersOf, TOO_DEEP, TOO_MANY, writtenMembers } from './json-members.js';
import { ProblemError } from '../problem.js';

/** Deeper values overflow the stack of `JSON.stringify` (docs/THREATS.md, threat 16). */
const MAX_DEPTH = 64;
/** The largest body in bytes of a route without credentials, unless the route has a limit of its own. */
const PUBLIC_LIMIT = 16 * 1024;
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii'];
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/gi;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The largest body of this route in bytes, if it is less than the general limit. */
    bodyLimit?: number;
    /** Whether the body is an MCP message, which has a limit of its own. */
    mcpMessage?: boolean;
    /** Whether a JSON body may have comments and trailing commas. */
    jsonComments?: boolean;
  }
}

interface RouteBodies {
  readonly bodyLimit?: number;
  readonly mcpMessage?: boolean;
  readonly public?: boolean;
}

type Done = (error: Error | null, value?: unknown) => void;

/** The largest body of a request. */
export interface BodyBounds {
  readonly bytes: number;
  /** Bytes of an MCP message. */
  readonly messageBytes: number;
  /** Members of objects, and elements of lists. */
  readonly members: number;
}

/**
 * Makes `application/json` the only body type that the server reads. It refuses keys `__proto__` and `constructor.prototype` (threat 18)
 * and values nested deeper than 64 levels. It also refuses objects that name a key twice, because the validation and the handler might use
 * different values (threat 16). Bytes are counted while they arrive (threat 61), levels and members before the text is parsed (threat 58).
 */
export function readJsonBodies(fastify: FastifyInstance, limits: BodyBounds): void {
  const { bytes, members: most } = limits;
  limitRoutes(fastify, limits);
  answerLongBodies(fastify);
  refuseEncodedBodies(fastify);
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const bounds = { depth: MAX_DEPTH, members: most };
  const read = (request: FastifyRequest, text: string, done: Done): void => {
    const members = writtenMembers(text, bounds);
    if (members === TOO_DEEP) {
      return done(new ProblemError(400, 'invalid_request', `The body is nested deeper than ${MAX_DEPTH} levels`));
    }
    if (members === TOO_MANY) return done(tooManyMembers(most));
    void parse(request, text, (error, value) => {
      if (error) return done(new ProblemError(400, 'invalid_json', 'The body is not valid JSON', { cause: error }));
      if (members === membersOf(value)) return done(null, value);
      return done(new ProblemError(400, 'invalid_json', 'An object in the body names a key twice'));
    });
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string', bodyLimit: bytes },
    (request: FastifyRequest, text, done) => {
      if (text === '') return done(null, undefined);
      return read(request, text, (error, value) => {
        if (!error || !request.routeOptions.config?.jsonComments) return done(error, value);
        const plain = plainJson(text);
        return plain === text ? done(error) : read(request, plain, done);
      });
    },
  );
}

export const tooManyMembers = (most: number): ProblemError =>
  new ProblemError(413, 'payload_too_large', `The body has more than ${most} members and elements`);

/**
 * Gives the limit of a route to Fastify, which then refuses a longer body by its Content-Length, or as soon as so many bytes have come.
 * Without credentials, bodies are small.
 */
function limitRoutes(fastify: FastifyInstance, { bytes, messageBytes }: BodyBounds): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit, mcpMessage, public: isPublic }: RouteBodies = route.config ?? {};
    const own = bodyLimit ?? (isPublic ? PUBLIC_LIMIT : undefined);
    if (mcpMessage) route.bodyLimit = messageBytes;
    else if (own !== undefined) route.bodyLimit = Math.min(own, bytes);
  });
}

/**
 * Fastify closes the connection of a client whose body is too large. A client that is still sending then gets a broken pipe instead of the
 * answer. Without the header, the rest of the body is read and dropped, at most for the request timeout.
 */
function answerLongBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.statusCode === 413) reply.removeHeader('connection');
    done(null, payload);
  });
}

/**
 * Answers 415 to a body that is compressed or in a charset other than UTF-8, before the body is read. The gateway never inflates a body, and
 * reads all bodies as UTF-8. A proxy before it that follows these headers would see another body (docs/THREATS.md, threat 82).
 */
function refuseEncodedBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => done(refusalOf(request), payload));
}

function refusalOf({ headers }: FastifyRequest): ProblemError | null {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding === 'identity' && !type.includes(';')) return null; // neither, as nearly always
  const isEncoded = encoding.trim().toLowerCase() !== 'identity';
  const isForeign = [...type.matchAll(CHARSET)].some(([, charset]) => !CHARSETS.includes(charset!.toLowerCase()));
  if (!(isEncoded || isForeign) || !hasBody(headers)) return null;
  const detail = isEncoded ? 'The body must not be compressed' : 'The body must be UTF-8';
  const accepted = isEncoded ? { headers: { 'accept-encoding': 'identity' } } : undefined;
  return new ProblemError(415, 'unsupported_media_type', detail, accepted);
}

const hasBody = (headers: FastifyRequest['headers']): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
