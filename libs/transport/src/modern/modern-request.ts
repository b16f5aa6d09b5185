import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { isObject } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import { decodeHeader, mismatch } from '../json-rpc/header-value.js';
import {
  INVALID_PARAMS,
  invalidRequest,
  JsonRpcError,
  UNSUPPORTED_PROTOCOL_VERSION,
} from '../json-rpc/json-rpc-error.js';
import { metaOf, type JsonRpcNotification, type JsonRpcRequest, type Params } from '../json-rpc/json-rpc.js';
import { MODERN_VERSIONS } from '../json-rpc/protocol-versions.js';
import { CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY, PROTOCOL_VERSION_KEY } from '../json-rpc/request-meta.js';

/** A request of the modern era, with its sender and its view. */
export interface ModernRequest {
  readonly message: JsonRpcRequest;
  readonly request: FastifyRequest;
  readonly principal: Principal;
  readonly view: View;
}

/** Methods whose header Mcp-Name repeats a parameter, with the name of that parameter. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * Checks the `_meta` and the headers of a request of revision 2026-07-28.
 *
 * Proxies route and filter by headers. A header that differs from the body could get a call past a filter (docs/THREATS.md, threat 19).
 * @throws JsonRpcError for HTTP 400: -32602 envelope, -32020 headers, -32022 version
 */
export function checkModernRequest({ method, params }: JsonRpcRequest, headers: IncomingHttpHeaders): void {
  const version = checkEnvelope(metaOf(params));
  checkHeader('MCP-Protocol-Version', headers['mcp-protocol-version'], version);
  if (!(MODERN_VERSIONS as readonly string[]).includes(version)) throw unsupportedVersion(version);
  requireHeader('MCP-Protocol-Version', headers['mcp-protocol-version']);
  requireHeader('Mcp-Method', headers['mcp-method']);
  checkHeader('Mcp-Method', headers['mcp-method'], method);
  checkName(method, params, headers['mcp-name']);
}

/** Checks a notification. The envelope and the headers are optional. Those that are present must agree. */
export function checkModernNotification({ method, params }: JsonRpcNotification, headers: IncomingHttpHeaders): void {
  const version = metaOf(params)[PROTOCOL_VERSION_KEY];
  if (version !== undefined) {
    if (typeof version !== 'string') throw invalidEnvelope(PROTOCOL_VERSION_KEY, 'must be a string');
    checkHeader('MCP-Protocol-Version', headers['mcp-protocol-version'], version);
  }
  checkHeader('Mcp-Method', headers['mcp-method'], method);
}

export const batchesAreGone = (): JsonRpcError =>
  invalidRequest(`Batches are not supported in protocol version ${MODERN_VERSIONS[0]}`);

/** Checks the `_meta` of a request. @returns the protocol revision that it names */
function checkEnvelope(meta: Params): string {
  for (const key of [PROTOCOL_VERSION_KEY, CLIENT_CAPABILITIES_KEY]) {
    if (meta[key] === undefined) throw invalidEnvelope(key, 'is missing');
  }
  const { [PROTOCOL_VERSION_KEY]: version, [CLIENT_INFO_KEY]: clientInfo } = meta;
  if (typeof version !== 'string') throw invalidEnvelope(PROTOCOL_VERSION_KEY, 'must be a string');
  if (!isObject(meta[CLIENT_CAPABILITIES_KEY])) throw invalidEnvelope(CLIENT_CAPABILITIES_KEY, 'must be an object');
  if (clientInfo !== undefined && !isImplementation(clientInfo)) {
    throw invalidEnvelope(CLIENT_INFO_KEY, 'must have a name and a version');
  }
  return version;
}

const isImplementation = (value: unknown): boolean =>
  isObject(value) && typeof value.name === 'string' && typeof value.version === 'string';

type Header = string | string[] | undefined;

function requireHeader(name: string, value: Header): void {
  if (value === undefined) throw mismatch(`${name} is missing`);
}

function checkHeader(name: string, value: Header, body: string): void {
  if (value !== undefined && value !== body) throw mismatch(`${name} differs from the body`);
}

function checkName(method: string, params: Params | undefined, header: Header): void {
  const field = NAMED_BY.get(method);
  const name = field === undefined ? undefined : params?.[field];
  if (typeof name !== 'string') return;
  requireHeader('Mcp-Name', header);
  if (decodeHeader(String(header)) !== name) throw mismatch('Mcp-Name differs from the body');
}

const invalidEnvelope = (key: string, problem: string): JsonRpcError =>
  new JsonRpcError(INVALID_PARAMS, `Invalid _meta: ${key} ${problem}`, 400, { data: { key, problem } });

const unsupportedVersion = (requested: string): JsonRpcError =>
  new JsonRpcError(UNSUPPORTED_PROTOCOL_VERSION, 'Unsupported protocol version', 400, {
    data: { supported: MODERN_VERSIONS, requested },
  });
