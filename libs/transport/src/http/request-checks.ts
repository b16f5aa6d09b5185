import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { isObject } from '@manifold/async';
import { isSubject, type Principal } from '@manifold/auth';
import {
  invalidRequest,
  JsonRpcError,
  methodNotAllowed,
  PARSE_ERROR,
  TRANSPORT_ERROR,
} from '../json-rpc/json-rpc-error.js';
import { metaOf } from '../json-rpc/json-rpc.js';
import { isModernVersion } from '../json-rpc/protocol-versions.js';
import { PROTOCOL_VERSION_KEY } from '../json-rpc/request-meta.js';
import { methodsOf, withoutSlashAtEnd } from './mcp-paths.js';

const JSON_RANGE = /(?:^|,)\s*(?:application\/json|application\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const STREAM_RANGE = /(?:^|,)\s*(?:text\/event-stream|text\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const JSON_BODY = /^\s*application\/json\s*(?:;|$)/i;

/** Returns the caller, whom the authentication hook has set. It throws on a public route, which has no caller. */
export function callerOf({ principal }: FastifyRequest): Principal {
  if (!principal) throw new Error('A public route has no caller');
  return principal;
}

/** Returns the URL of the route that serves a request: see {@link withoutSlashAtEnd}. It runs before every request is routed. */
export const servedUrl = (url: string): string =>
  url.endsWith('/') || url.includes('/?') ? withoutSlashAtEnd(url) : url;

/**
 * Checks that the client accepts JSON. MCP clients accept event streams, too. Others get every answer as JSON, as simple programs do that
 * name JSON alone, or nothing.
 */
export function requireJsonAccepted({ headers: { accept } }: FastifyRequest): void {
  if (accept && !JSON_RANGE.test(accept)) throw notAcceptable('application/json');
}

/** Returns whether the answer to a POST may be an event stream. */
export const acceptsStream = ({ headers: { accept = '' } }: FastifyRequest): boolean => STREAM_RANGE.test(accept);

export function requireStreamAccepted(request: FastifyRequest): void {
  if (!acceptsStream(request)) throw notAcceptable('text/event-stream');
}

/** Checks that the body is JSON. Parameters such as charset are ignored. A body of another type could bypass the JSON checks. */
export function requireJsonBody({ headers, body }: FastifyRequest): void {
  if (!JSON_BODY.test(headers['content-type'] ?? '')) {
    throw new JsonRpcError(TRANSPORT_ERROR, 'Unsupported Media Type: the body must be application/json', 415);
  }
  if (body === undefined) throw new JsonRpcError(PARSE_ERROR, 'The body is empty', 400);
}

/** Refuses HEAD. Fastify routes HEAD to the handler of GET, which would open a stream. */
export function refuseHead({ method, url }: FastifyRequest): void {
  if (method === 'HEAD') throw methodNotAllowed(methodsOf(url));
}

/**
 * Returns whether a POST belongs to the modern era: its header names a modern revision, or `_meta` in its body names a revision.
 * The header alone is not enough, because a proxy may strip it. If header and body disagree, the modern era reports the error.
 */
export function isModernEra({ headers, body }: Pick<FastifyRequest, 'headers' | 'body'>): boolean {
  if (hasModernHeader(headers)) return true;
  if (!isObject(body) || !isObject(body.params)) return false;
  return (metaOf(body.params)[PROTOCOL_VERSION_KEY] ?? undefined) !== undefined;
}

/** Refuses GET and DELETE in the modern era. It has neither sessions nor session streams, so it supports POST only. */
export function refuseModernEra({ headers }: FastifyRequest): void {
  if (hasModernHeader(headers)) throw methodNotAllowed('POST');
}

function hasModernHeader({ 'mcp-protocol-version': version }: IncomingHttpHeaders): boolean {
  return version !== undefined && isModernVersion(version.toString());
}

/**
 * Returns the id of the chat that the client names in the header `x-chat-id`, or undefined if the header is missing.
 * @throws JsonRpcError 400
 */
export function readChatId({ 'x-chat-id': chatId }: IncomingHttpHeaders): string | undefined {
  if (chatId === undefined || isSubject(chatId)) return chatId;
  throw invalidRequest('x-chat-id must be 1 to 256 printable characters');
}

const notAcceptable = (types: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, `Not Acceptable: the client must accept ${types}`, 406);
