import type { FastifyRequest } from 'fastify';
import { JsonRpcError, methodNotAllowed, PARSE_ERROR, TRANSPORT_ERROR } from './json-rpc-error.js';
import { methodsOf } from './mcp-paths.js';
import { isModernVersion } from './protocol-versions.js';

/** Bytes that the body of an MCP request may have. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const JSON_RANGE = /(?:^|,)\s*(?:application\/json|application\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const STREAM_RANGE = /(?:^|,)\s*(?:text\/event-stream|text\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const JSON_BODY = /^\s*application\/json\s*(?:;|$)/i;

/** A POST may be answered either way, so the client must take both. */
export function requireJsonAndStreamAccepted({ headers: { accept = '' } }: FastifyRequest): void {
  if (JSON_RANGE.test(accept) && STREAM_RANGE.test(accept)) return;
  throw notAcceptable('application/json and text/event-stream');
}

export function requireStreamAccepted({ headers: { accept = '' } }: FastifyRequest): void {
  if (!STREAM_RANGE.test(accept)) throw notAcceptable('text/event-stream');
}

/** Parameters such as charset do not matter; a body of any other type could have passed by what is checked in JSON. */
export function requireJsonBody({ headers, body }: FastifyRequest): void {
  if (!JSON_BODY.test(headers['content-type'] ?? '')) {
    throw new JsonRpcError(TRANSPORT_ERROR, 'Unsupported Media Type: the body must be application/json', 415);
  }
  if (body === undefined) throw new JsonRpcError(PARSE_ERROR, 'The body is empty', 400);
}

/** Fastify routes HEAD to the handler of GET, where it would open a stream. */
export function refuseHead({ method, url }: FastifyRequest): void {
  if (method === 'HEAD') throw methodNotAllowed(methodsOf(url));
}

/** The modern era has neither sessions nor a stream of their own, so only POST. */
export function refuseModernEra(request: FastifyRequest): void {
  const version = versionHeader(request);
  if (version !== undefined && isModernVersion(version)) throw methodNotAllowed('POST');
}

export const versionHeader = ({ headers }: FastifyRequest): string | undefined =>
  headers['mcp-protocol-version']?.toString();

const notAcceptable = (types: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, `Not Acceptable: the client must accept ${types}`, 406);
