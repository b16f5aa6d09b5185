import { Injectable } from '@nestjs/common';
import { SharedPool, type PlaceHolder, type PoolRefusal } from '@manifold/async';
import { Config } from '@manifold/config';
import { JsonRpcError, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';

const RETRY_AFTER_S = 5;

/** A full pool is a fault of the gateway (503), a used share one of the caller (429). */
const REFUSALS: Readonly<Record<PoolRefusal, readonly [status: number, message: string]>> = {
  full: [503, 'Too many sessions'],
  principal: [429, 'You have too many sessions'],
  tenant: [429, 'Your tenant has too many sessions'],
  address: [429, 'Too many sessions of callers at your address whose token the gateway cannot verify'],
  unverified: [429, 'Too many sessions of callers whose token the gateway cannot verify'],
};

/**
 * Counts and limits the sessions of this process, of both transports. A `subscriptions/listen` stream also takes a slot. No principal,
 * tenant or address can take all slots (docs/THREATS.md, threat 62).
 */
@Injectable()
export class SessionSlots {
  private readonly pool: SharedPool;
  private closing = false;

  constructor({ maxSessions, limits }: Config) {
    this.pool = new SharedPool(maxSessions, limits.shares);
  }

  get taken(): number {
    return this.pool.taken;
  }

  isFreeFor(holder: PlaceHolder): boolean {
    return this.pool.refusal(holder) === undefined;
  }

  /** @throws JsonRpcError 503 if no slot is free or the gateway is shutting down, 429 if the holder's share is used up */
  acquire(holder: PlaceHolder): void {
    if (this.closing) throw refused(503, 'The gateway is shutting down');
    const refusal = this.pool.refusal(holder);
    if (refusal) throw refused(...REFUSALS[refusal]);
    this.pool.take(holder);
  }

  /** Takes a slot for a session that is loaded from the store. The limits do not apply to it. */
  reacquire(holder: PlaceHolder): void {
    this.pool.take(holder);
  }

  release(holder: PlaceHolder): void {
    this.pool.release(holder);
  }

  refuseNew(): void {
    this.closing = true;
  }
}

const refused = (status: number, message: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, message, status, { headers: { 'retry-after': String(RETRY_AFTER_S) } });
