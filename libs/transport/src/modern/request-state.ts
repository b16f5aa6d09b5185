import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import { ANSWER_WITHIN_MS } from '../sessions/call-client.js';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { JsonRpcRequest, Params } from '../json-rpc/json-rpc.js';
import { SealedText } from '../json-rpc/sealed-text.js';

/**
 * Creates and reads the `requestState` that names a parked call. The client holds it, so it is sealed. It is valid only for the same
 * user and the same request, and only for a short time (docs/THREATS.md, threat 10; 2026-07-28, basic/patterns/mrtr).
 */
@Injectable()
export class RequestStates {
  constructor(private readonly sealed: SealedText) {}

  /** @param id id of the parked call */
  mint(id: string, request: JsonRpcRequest, principal: Principal, view: View, now: number): string {
    return this.sealed.seal(`${now + ANSWER_WITHIN_MS} ${id}`, purposeOf(request, principal, view));
  }

  /**
   * @returns the id of the parked call
   * @throws JsonRpcError -32602 if the state was not issued for this user and request, or has expired
   */
  read(state: unknown, request: JsonRpcRequest, principal: Principal, view: View, now: number): string {
    const plain = typeof state === 'string' ? this.sealed.open(state, purposeOf(request, principal, view)) : undefined;
    const [expiry, id] = plain?.split(' ') ?? [];
    if (id === undefined) throw invalidParams('requestState does not belong to this request');
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

/** Parameters that may differ between the requests of one call. */
const OF_ONE_REQUEST: readonly string[] = ['_meta', 'inputResponses', 'requestState'];

/** Returns a digest of the parameters that all requests of a call repeat. The order of keys does not matter. */
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
