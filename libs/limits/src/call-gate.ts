import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Tenants, type TenantLimits } from '@manifold/tenants';
import type { Attempt, CallOutcome } from './breaker.js';
import { Breakers } from './breakers.js';
import { Concurrency } from './concurrency.service.js';
import { LimitExceededError } from './limited.js';
import { Rates } from './rates.service.js';

/** Identity of a call: the caller and the upstream. */
export interface CallIdentity {
  readonly tenant: string;
  /** `Principal.key` */
  readonly principal: string;
  /** Id of the provider. */
  readonly provider: string;
  /** The registered server, or the integration. */
  readonly app: string;
}

/** A permit for one call. */
export interface Permit {
  /** Must be called once, when the call has ended in whatever way. */
  release(outcome: CallOutcome): void;
}

/** Admits calls to upstreams within the limits, by permits. It decides from memory, and never waits. */
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

  /** @throws LimitExceededError */
  acquire(call: CallIdentity): Permit {
    const { tenant, principal, app } = call;
    const server = `${call.provider} ${tenant} ${app}`;
    const limits = this.tenants.limitsOf(tenant);
    const now = performance.now();
    this.checkRates(call, server, limits, now);
    this.begin(call, server, limits, now);
    try {
      return this.permit(call, server, this.breakers.attempt(server, app, principal, now));
    } catch (error) {
      this.leave(call, server);
      throw error;
    }
  }

  private permit(call: CallIdentity, server: string, attempt: Attempt): Permit {
    return {
      release: (outcome) => {
        this.leave(call, server);
        this.breakers.ended(server, call.app, attempt, outcome, performance.now());
      },
    };
  }

  private checkRates({ tenant, principal, app }: CallIdentity, server: string, own: TenantLimits, now: number): void {
    const { principalCalls, serverCalls, tenantCalls } = this.rates;
    const { requestsPerPrincipal: mine = principalCalls.limit, requestsPerServer: its = serverCalls.limit } = own;
    const { requestsPerTenant: ours = tenantCalls.limit } = own;
    const wait = principalCalls.take(principal, now, mine);
    if (wait !== undefined)
      throw new LimitExceededError('principal_rate', `Rate limit reached: you may make ${mine} calls per minute`, wait);
    const serverWait = serverCalls.take(server, now, its);
    if (serverWait !== undefined) {
      throw new LimitExceededError(
        'server_rate',
        `Rate limit reached: server ${app} may get ${its} calls per minute`,
        serverWait,
      );
    }
    const tenantWait = tenantCalls.take(tenant, now, ours);
    if (tenantWait === undefined) return;
    throw new LimitExceededError(
      'tenant_rate',
      `Rate limit reached: your tenant may make ${ours} calls per minute`,
      tenantWait,
    );
  }

  private begin({ tenant, principal, app }: CallIdentity, server: string, own: TenantLimits, now: number): void {
    const { principals, servers, tenants } = this.concurrency;
    const { callsPerPrincipal: mine = principals.limit, callsPerServer: its = servers.limit } = own;
    const { callsPerTenant: ours = tenants.limit } = own;
    if (!principals.begin(principal, now, mine)) {
      throw new LimitExceededError('principal_calls', `Limit reached: you may have ${mine} calls running at a time`, 1);
    }
    if (!servers.begin(server, now, its)) {
      principals.end(principal);
      throw new LimitExceededError(
        'server_calls',
        `Limit reached: server ${app} may have ${its} calls running at a time`,
        1,
      );
    }
    if (tenants.begin(tenant, now, ours)) return;
    principals.end(principal);
    servers.end(server);
    throw new LimitExceededError(
      'tenant_calls',
      `Limit reached: your tenant may have ${ours} calls running at a time`,
      1,
    );
  }

  private leave({ tenant, principal }: CallIdentity, server: string): void {
    this.concurrency.principals.end(principal);
    this.concurrency.servers.end(server);
    this.concurrency.tenants.end(tenant);
  }
}
