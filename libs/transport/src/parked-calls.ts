import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus, ownedId, ownerOf } from '@manifold/bus';
import { ProviderError } from '@manifold/tool-provider';
import { ANSWER_WITHIN_MS } from './asked-client.js';
import type { ModernCall, Outcome } from './modern-call.js';

const MAX_PARKED = 1_000;
/** Of one principal: one who lets questions lie takes nobody else's place. */
const MAX_OF_ONE = 20;

interface Parked {
  readonly call: ModernCall;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls of the modern era that wait for their client to come back with answers. They are in the memory of this process, which their ids
 * name.
 */
@Injectable()
export class ParkedCalls {
  private readonly calls = new Map<string, Parked>();
  private readonly counts = new Map<string, number>();

  constructor(private readonly bus: Bus) {}

  /** The replica that has the call, where that is another one. */
  elsewhere(id: string): string | undefined {
    const owner = ownerOf(id);
    return owner === this.bus.replica ? undefined : owner;
  }

  /** Until the call has its result, or something to ask: then it is parked. */
  async untilAsked(call: ModernCall): Promise<Outcome> {
    let turn = await call.next();
    while (turn.kind === 'questions' && !this.hasPlaceFor(call.caller.principal.key)) {
      call.client.refuse(new ProviderError('rate_limited', 'Too many calls wait for answers'));
      turn = await call.next();
    }
    if (turn.kind !== 'questions') return turn;
    call.caller.answer = undefined;
    return { kind: 'questions', id: this.park(call), questions: call.client.questions };
  }

  private hasPlaceFor(principalKey: string): boolean {
    return this.calls.size < MAX_PARKED && (this.counts.get(principalKey) ?? 0) < MAX_OF_ONE;
  }

  /** A client that does not come back in time has given up. @returns the call's id from now on */
  private park(call: ModernCall): string {
    const id = ownedId(this.bus.replica, randomBytes(16).toString('base64url'));
    const timer = setTimeout(() => this.take(id)?.caller.cancel(), ANSWER_WITHIN_MS).unref();
    this.calls.set(id, { call, timer });
    this.count(call, 1);
    return id;
  }

  /** Each call goes on once. */
  take(id: string): ModernCall | undefined {
    const parked = this.calls.get(id);
    if (!parked) return undefined;
    clearTimeout(parked.timer);
    this.calls.delete(id);
    this.count(parked.call, -1);
    return parked.call;
  }

  cancelAll(): void {
    for (const id of [...this.calls.keys()]) this.take(id)?.caller.cancel();
  }

  private count({ caller: { principal } }: ModernCall, change: 1 | -1): void {
    const count = (this.counts.get(principal.key) ?? 0) + change;
    if (count === 0) this.counts.delete(principal.key);
    else this.counts.set(principal.key, count);
  }
}
