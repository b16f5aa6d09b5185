import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { Config } from '@manifold/config';
import { RunningCalls } from './running-calls.js';

type Calls = Readonly<Record<string, number>>;

const RUNNING = new Topic<{ readonly replica: string; readonly principals: Calls; readonly servers: Calls }>(
  'limits.running',
);

/** How often replicas tell each other what they have under way. */
const TELL_MS = 250;

/** What may be under way at a time, by all replicas together: they tell each other, and a replica that hears nothing counts alone. */
@Injectable()
export class Concurrency implements OnModuleInit, OnApplicationShutdown {
  readonly principals: RunningCalls;
  readonly servers: RunningCalls;
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
    if (!this.bus.isShared || (this.principals.limit === 0 && this.servers.limit === 0)) return;
    this.unsubscribe = this.bus.onAnnounced(RUNNING, ({ replica, principals, servers }) => {
      this.principals.heard(replica, principals, performance.now());
      this.servers.heard(replica, servers, performance.now());
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
    const hasCalls = Object.keys(principals).length > 0 || Object.keys(servers).length > 0;
    if (hasCalls || this.hasTold) void this.bus.announce(RUNNING, { replica: this.bus.replica, principals, servers });
    this.hasTold = hasCalls;
  }
}
