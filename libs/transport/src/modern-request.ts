import type { IncomingHttpHeaders } from 'node:http';
import { decodeHeader, mismatch } from './header-value.js';
import { INVALID_PARAMS, invalidRequest, JsonRpcError, UNSUPPORTED_PROTOCOL_VERSION } from './json-rpc-error.js';
import { isObject, metaOf, type JsonRpcNotification, type JsonRpcRequest, type Params } from './json-rpc.js';
import { MODERN_VERSIONS, PROTOCOL_VERSION_KEY } from './protocol-versions.js';
import { CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY } from './request-meta.js';

/** The methods whose header Mcp-Name repeats a parameter, and which one. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * Checks what a request of revision 2026-07-28 says of itself, in its `_meta` and in its headers.
 *
 * Headers are what proxies route and filter by: one that disagrees with the body would get a call past a filter
 * (SECURITY.md, threat 19).
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

/** A notification needs neither envelope nor headers; what it has must fit. */
export function checkModernNotification({ method, params }: JsonRpcNotification, headers: IncomingHttpHeaders): void {
  const version = metaOf(params)[PROTOCOL_VERSION_KEY];
  if (version !== undefined) {
    if (typeof version !== 'string') throw invalidEnvelope(PROTOCOL_VERSION_KEY, 'must be a string');
    checkHeader('MCP-Protocol-Version', headers['mcp-protocol-version'], version);
  }
  checkHeader('Mcp-Method', headers['mcp-method'], method);
}

export const batchesAreGone = (): JsonRpcError =>
  invalidRequest(`Batches are not a part of protocol version ${MODERN_VERSIONS[0]}`);

/** @returns the revision that the request names */
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
