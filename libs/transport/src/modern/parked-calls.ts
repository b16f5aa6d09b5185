import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SharedPool, type PlaceHolder } from '@manifold/async';
import { Bus, ownedId, ownerOf } from '@manifold/bus';
import { Config } from '@manifold/config';
import { ProviderError } from '@manifold/tool-provider';
import { ANSWER_WITHIN_MS } from '../sessions/call-client.js';
import type { ModernCall, Outcome } from './modern-call.js';

const MAX_PARKED = 1_000;
/** Maximum per principal, if its share of all parked calls is more. */
const MAX_OF_ONE = 20;

interface Parked {
  readonly call: ModernCall;
  readonly timer: NodeJS.Timeout;
}

/**
 * Holds the calls of the modern era that wait for answers from their client. They are in this replica's memory. The id of a call names
 * its replica.
 */
@Injectable()
export class ParkedCalls {
  private readonly calls = new Map<string, Parked>();

  private readonly places: SharedPool;

  constructor(
    private readonly bus: Bus,
    { limits }: Config,
  ) {
    const principal = Math.min(limits.shares.principal, (100 * MAX_OF_ONE) / MAX_PARKED);
    this.places = new SharedPool(MAX_PARKED, { ...limits.shares, principal });
  }

  /** Returns the replica that holds the call; undefined if it is this one. */
  elsewhere(id: string): string | undefined {
    const owner = ownerOf(id);
    return owner === this.bus.replica ? undefined : owner;
  }

  /** Waits until the call has its result or needs input. A call that needs input is parked. */
  async untilInputRequired(call: ModernCall): Promise<Outcome> {
    let step = await call.next();
    while (step.kind === 'input_required' && !this.hasPlaceFor(call.caller.principal)) {
      call.client.refuse(new ProviderError('rate_limited', 'Too many calls wait for answers'));
      step = await call.next();
    }
    if (step.kind !== 'input_required') return step;
    call.caller.answer = undefined;
    return { kind: 'input_required', id: this.park(call), inputRequests: call.client.inputRequests };
  }

  private hasPlaceFor(principal: PlaceHolder): boolean {
    return this.places.refusal(principal) === undefined;
  }

  /** Parks a call and cancels it if the client does not answer in time. @returns the id of the parked call */
  private park(call: ModernCall): string {
    const id = ownedId(this.bus.replica, randomBytes(16).toString('base64url'));
    const timer = setTimeout(() => this.take(id)?.caller.cancel(), ANSWER_WITHIN_MS).unref();
    this.calls.set(id, { call, timer });
    this.places.take(call.caller.principal);
    return id;
  }

  /** Removes and returns a parked call, so that it can be continued only once. */
  take(id: string): ModernCall | undefined {
    const parked = this.calls.get(id);
    if (!parked) return undefined;
    clearTimeout(parked.timer);
    this.calls.delete(id);
    this.places.release(parked.call.caller.principal);
    return parked.call;
  }

  cancelAll(): void {
    for (const id of [...this.calls.keys()]) this.take(id)?.caller.cancel();
  }
}
