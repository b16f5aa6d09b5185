import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { Config } from '@manifold/config';
import { RunningCalls } from './running-calls.js';

type Calls = Readonly<Record<string, number>>;

const RUNNING = new Topic<{
  readonly replica: string;
  readonly principals: Calls;
  readonly servers: Calls;
  readonly tenants: Calls;
}>('limits.running');

/** How often replicas tell each other what they have under way. */
const TELL_MS = 250;

/** What may be under way at a time, by all replicas together: they tell each other, and a replica that hears nothing counts alone. */
@Injectable()
export class Concurrency implements OnModuleInit, OnApplicationShutdown {
  readonly principals: RunningCalls;
  readonly servers: RunningCalls;
  /** Only tenants that have a limit of their own are counted. */
  readonly tenants = new RunningCalls(0);
  private timer?: NodeJS.Timeout;
  private unsubscribe?: Unsubscribe;
  private hasTold = false;

  constructor(
    { limits }: Config,
    private readonly bus: Bus,
  ) {
    this.principals = new RunningCalls(limits.callsPerPrincipal);
    this.servers = new RunningCalls(limits.callsPerServer);
  }

  onModuleInit(): void {
    if (!this.bus.isShared) return;
    this.unsubscribe = this.bus.onAnnounced(RUNNING, ({ replica, principals, servers, tenants }) => {
      this.principals.heard(replica, principals, performance.now());
      this.servers.heard(replica, servers, performance.now());
      this.tenants.heard(replica, tenants, performance.now());
    });
    this.timer = setInterval(() => this.tell(), TELL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.unsubscribe?.();
  }

  /** Also, once, that there is nothing any more. */
  private tell(): void {
    const principals = this.principals.report();
    const servers = this.servers.report();
    const tenants = this.tenants.report();
    const hasCalls = [principals, servers, tenants].some((calls) => Object.keys(calls).length > 0);
    const { replica } = this.bus;
    if (hasCalls || this.hasTold) void this.bus.announce(RUNNING, { replica, principals, servers, tenants });
    this.hasTold = hasCalls;
  }
}
