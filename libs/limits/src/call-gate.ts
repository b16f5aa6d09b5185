import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Tenants, type TenantLimits } from '@manifold/tenants';
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
    private readonly tenants: Tenants,
  ) {
    this.breakers = new Breakers(limits.breakerFailures);
  }

  /** @throws LimitReached */
  enter(call: GatedCall): Passage {
    const { tenant, principal, app } = call;
    const server = `${call.provider} ${tenant} ${app}`;
    const limits = this.tenants.limitsOf(tenant);
    const now = performance.now();
    this.checkRates(call, server, limits, now);
    this.begin(call, server, limits, now);
    try {
      return this.passage(call, server, this.breakers.attempt(server, app, principal, now));
    } catch (error) {
      this.leave(call, server);
      throw error;
    }
  }

  private passage(call: GatedCall, server: string, attempt: Attempt): Passage {
    return {
      end: (ending) => {
        this.leave(call, server);
        this.breakers.ended(server, call.app, attempt, ending, performance.now());
      },
    };
  }

  private checkRates({ tenant, principal, app }: GatedCall, server: string, own: TenantLimits, now: number): void {
    const { principalCalls, serverCalls, tenantCalls } = this.rates;
    const { requestsPerPrincipal: mine = principalCalls.limit, requestsPerServer: its = serverCalls.limit } = own;
    const { requestsPerTenant: ours = tenantCalls.limit } = own;
    const wait = principalCalls.take(principal, now, mine);
    if (wait !== undefined) throw new LimitReached('principal_rate', `You may make ${mine} calls in a minute`, wait);
    const serverWait = serverCalls.take(server, now, its);
    if (serverWait !== undefined) {
      throw new LimitReached('server_rate', `Server ${app} may be called ${its} times in a minute`, serverWait);
    }
    const tenantWait = tenantCalls.take(tenant, now, ours);
    if (tenantWait === undefined) return;
    throw new LimitReached('tenant_rate', `Your tenant may make ${ours} calls in a minute`, tenantWait);
  }

  private begin({ tenant, principal, app }: GatedCall, server: string, own: TenantLimits, now: number): void {
    const { principals, servers, tenants } = this.concurrency;
    const { callsPerPrincipal: mine = principals.limit, callsPerServer: its = servers.limit } = own;
    const { callsPerTenant: ours = tenants.limit } = own;
    if (!principals.begin(principal, now, mine)) {
      throw new LimitReached('principal_calls', `You may have ${mine} calls under way at a time`, 1);
    }
    if (!servers.begin(server, now, its)) {
      principals.end(principal);
      throw new LimitReached('server_calls', `Server ${app} may have ${its} calls under way at a time`, 1);
    }
    if (tenants.begin(tenant, now, ours)) return;
    principals.end(principal);
    servers.end(server);
    throw new LimitReached('tenant_calls', `Your tenant may have ${ours} calls under way at a time`, 1);
  }

  private leave({ tenant, principal }: GatedCall, server: string): void {
    this.concurrency.principals.end(principal);
    this.concurrency.servers.end(server);
    this.concurrency.tenants.end(tenant);
  }
}
