import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, OnAnnounced, Topic } from '@manifold/bus';
import { Config } from '@manifold/config';
import { RunningCalls } from './running-calls.js';

type Calls = Readonly<Record<string, number>>;

interface Running {
  readonly replica: string;
  readonly principals: Calls;
  readonly servers: Calls;
  readonly tenants: Calls;
}

const RUNNING = new Topic<Running>('limits.running');

/** Milliseconds between two reports of the running calls. */
const TELL_MS = 250;

/**
 * Limits the concurrent calls on all replicas together. The replicas report to each other; a replica that receives no reports counts alone.
 */
@Injectable()
export class Concurrency implements OnModuleInit, OnApplicationShutdown {
  readonly principals: RunningCalls;
  readonly servers: RunningCalls;
  /** Calls by tenant. Only tenants with a limit of their own are counted. */
  readonly tenants = new RunningCalls(0);
  private timer?: NodeJS.Timeout;
  private hasTold = false;

  constructor(
    { limits }: Config,
    private readonly bus: Bus,
  ) {
    this.principals = new RunningCalls(limits.callsPerPrincipal);
    this.servers = new RunningCalls(limits.callsPerServer);
  }

  onModuleInit(): void {
    if (this.bus.isShared) this.timer = setInterval(() => this.tell(), TELL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  @OnAnnounced(RUNNING)
  onRunning({ replica, principals, servers, tenants }: Running): void {
    this.principals.heard(replica, principals, performance.now());
    this.servers.heard(replica, servers, performance.now());
    this.tenants.heard(replica, tenants, performance.now());
  }

  /** Announces the running calls. After the last call has ended, it also announces once that there are none. */
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
