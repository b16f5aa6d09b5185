import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import { ANSWER_WITHIN_MS } from './asked-client.js';
import { invalidParams } from './json-rpc-error.js';
import { isObject, type JsonRpcRequest, type Params } from './json-rpc.js';
import { SealedText } from './sealed-text.js';

/**
 * The `requestState` that names a parked call. It passes through the client's hands, so it is sealed, and good for the same user, the
 * same request and a short time only (SECURITY.md, threat 10; 2026-07-28, basic/patterns/mrtr).
 */
@Injectable()
export class RequestStates {
  constructor(private readonly sealed: SealedText) {}

  /** @param id of the parked call */
  mint(id: string, request: JsonRpcRequest, principal: Principal, view: View, now: number): string {
    return this.sealed.seal(`${now + ANSWER_WITHIN_MS} ${id}`, purposeOf(request, principal, view));
  }

  /**
   * @returns the id of the parked call
   * @throws JsonRpcError -32602 for what was not minted for this request of this user, or too long ago
   */
  read(state: unknown, request: JsonRpcRequest, principal: Principal, view: View, now: number): string {
    const plain = typeof state === 'string' ? this.sealed.open(state, purposeOf(request, principal, view)) : undefined;
    const [expiry, id] = plain?.split(' ') ?? [];
    if (id === undefined) throw invalidParams('requestState was not given out for this request');
    if (Number(expiry) <= now) throw invalidParams('requestState has expired: send the request without it');
    return id;
  }
}

const purposeOf = ({ method, params = {} }: JsonRpcRequest, { tenant, key }: Principal, view: View): string[] => [
  'request state',
  tenant,
  key,
  view.key,
  method,
  digestOf(params),
];

/** What belongs to one request of several, and not to the call. */
const OF_ONE_REQUEST: readonly string[] = ['_meta', 'inputResponses', 'requestState'];

/** Of all that the client repeats, whatever the order of its keys. */
function digestOf(params: Params): string {
  const repeated = Object.entries(params).filter(([name]) => !OF_ONE_REQUEST.includes(name));
  return createHash('sha256')
    .update(JSON.stringify(sorted(Object.fromEntries(repeated))))
    .digest('base64url');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}
