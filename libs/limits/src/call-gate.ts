import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import type { Attempt, Ending } from './breaker.js';
import { Breakers } from './breakers.js';
import { Concurrency } from './concurrency.service.js';
import { LimitReached } from './limited.js';
import { Rates } from './rates.service.js';

/** Who calls what. */
export interface GatedCall {
  readonly tenant: string;
  /** `Principal.key` */
  readonly principal: string;
  /** Id of the provider. */
  readonly provider: string;
  /** The registered server, or the integration. */
  readonly app: string;
}

/** A call that was let through. */
export interface Passage {
  /** Must be called once, when the call has ended in whatever way. */
  end(ending: Ending): void;
}

/** Lets calls through to upstreams, within the limits. It decides from memory, and nothing is waited for. */
@Injectable()
export class CallGate {
  private readonly breakers: Breakers;

  constructor(
    { limits }: Config,
    private readonly rates: Rates,
    private readonly concurrency: Concurrency,
  ) {
    this.breakers = new Breakers(limits.breakerFailures);
  }

  /** @throws LimitReached */
  enter(call: GatedCall): Passage {
    const { principal, app } = call;
    const server = `${call.provider} ${call.tenant} ${app}`;
    const now = performance.now();
    this.checkRates(principal, server, app, now);
    this.begin(principal, server, app, now);
    try {
      return this.passage(call, server, this.breakers.attempt(server, app, principal, now));
    } catch (error) {
      this.leave(principal, server);
      throw error;
    }
  }

  private passage({ principal, app }: GatedCall, server: string, attempt: Attempt): Passage {
    return {
      end: (ending) => {
        this.leave(principal, server);
        this.breakers.ended(server, app, attempt, ending, performance.now());
      },
    };
  }

  private checkRates(principal: string, server: string, app: string, now: number): void {
    const { principalCalls, serverCalls } = this.rates;
    const own = principalCalls.take(principal, now);
    if (own !== undefined) {
      throw new LimitReached('principal_rate', `You may make ${principalCalls.limit} calls in a minute`, own);
    }
    const all = serverCalls.take(server, now);
    if (all !== undefined) {
      throw new LimitReached('server_rate', `Server ${app} may be called ${serverCalls.limit} times in a minute`, all);
    }
  }

  private begin(principal: string, server: string, app: string, now: number): void {
    const { principals, servers } = this.concurrency;
    if (!principals.begin(principal, now)) {
      throw new LimitReached('principal_calls', `You may have ${principals.limit} calls under way at a time`, 1);
    }
    if (servers.begin(server, now)) return;
    principals.end(principal);
    throw new LimitReached('server_calls', `Server ${app} may have ${servers.limit} calls under way at a time`, 1);
  }

  private leave(principal: string, server: string): void {
    this.concurrency.principals.end(principal);
    this.concurrency.servers.end(server);
  }
}
