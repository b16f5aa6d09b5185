import { isObject } from '@manifold/async';
import type { Json } from '@manifold/store';
import type { Introduction } from './introductions.js';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { negotiateLegacy, type LegacyVersion } from '../json-rpc/protocol-versions.js';

/** Data that a client sends when it starts a session. */
export interface Initialization {
  readonly protocolVersion: LegacyVersion;
  readonly clientInfo?: Json;
  readonly capabilities?: Json;
}

/** Maximum characters of `clientInfo` and `capabilities` together. The gateway keeps both for the lifetime of the session. */
const MAX_CLIENT_DESCRIPTION = 16 * 1024;

/** @throws JsonRpcError -32602 */
export function readInitialize(params: Params | undefined): Initialization {
  const { protocolVersion, clientInfo, capabilities } = params ?? {};
  if (typeof protocolVersion !== 'string') throw invalidParams('protocolVersion must be a string');
  if (!isOptionalObject(clientInfo)) throw invalidParams('clientInfo must be an object');
  if (!isOptionalObject(capabilities)) throw invalidParams('capabilities must be an object');
  if (JSON.stringify([clientInfo, capabilities]).length > MAX_CLIENT_DESCRIPTION) {
    throw invalidParams(`clientInfo and capabilities are longer than ${MAX_CLIENT_DESCRIPTION} characters`);
  }
  return {
    protocolVersion: negotiateLegacy(protocolVersion),
    clientInfo: clientInfo as Json | undefined,
    capabilities: capabilities as Json | undefined,
  };
}

const isOptionalObject = (value: unknown): value is Params | undefined => value === undefined || isObject(value);

/** Returns the InitializeResult as JSON text. */
export const initializeResult = (protocolVersion: LegacyVersion, introduction: Introduction): string =>
  JSON.stringify({ protocolVersion, ...introduction });
