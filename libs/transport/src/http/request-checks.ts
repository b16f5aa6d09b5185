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
import { methodsOf } from './mcp-paths.js';

/** Maximum size of an MCP request body in bytes. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const JSON_RANGE = /(?:^|,)\s*(?:application\/json|application\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const STREAM_RANGE = /(?:^|,)\s*(?:text\/event-stream|text\/\*|\*\/\*)\s*(?:[;,]|$)/i;
const JSON_BODY = /^\s*application\/json\s*(?:;|$)/i;

/** Returns the caller, whom the authentication hook has set. It throws on a public route, which has no caller. */
export function callerOf({ principal }: FastifyRequest): Principal {
  if (!principal) throw new Error('A public route has no caller');
  return principal;
}

/** Checks that the client accepts JSON and event streams. The gateway may answer a POST with either. */
export function requireJsonAndStreamAccepted({ headers: { accept = '' } }: FastifyRequest): void {
  if (JSON_RANGE.test(accept) && STREAM_RANGE.test(accept)) return;
  throw notAcceptable('application/json and text/event-stream');
}

export function requireStreamAccepted({ headers: { accept = '' } }: FastifyRequest): void {
  if (!STREAM_RANGE.test(accept)) throw notAcceptable('text/event-stream');
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
  return metaOf(body.params)[PROTOCOL_VERSION_KEY] !== undefined;
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
