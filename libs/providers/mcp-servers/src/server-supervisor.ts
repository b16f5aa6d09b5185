import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import PQueue from 'p-queue';
import { ServerConnector } from './server-connector.js';
import { serverKey, type ServerRecord } from './server-record.js';
import { ServerTools } from './server-tools.js';
import { SupervisedServer, type Supervision } from './supervised-server.js';
import { LogRing } from './upstream/index.js';

const STARTS_AT_A_TIME = 4;

/**
 * The connections of all registered servers.
 *
 * 1. The registry hands over each server with `adopt`; 2. when the gateway's port is open, all enabled ones are started; until then,
 * and without a port, they start when a call needs them; 3. at shutdown all are stopped, in parallel.
 */
@Injectable()
export class ServerSupervisor implements OnModuleInit, OnApplicationShutdown {
  private readonly servers = new Map<string, SupervisedServer>();
  private readonly supervision: Supervision;
  private startsEagerly = false;

  constructor(
    connector: ServerConnector,
    tools: ServerTools,
    private readonly host: HttpAdapterHost,
  ) {
    this.supervision = { connector, tools, starts: new PQueue({ concurrency: STARTS_AT_A_TIME }) };
  }

  onModuleInit(): void {
    this.host.listen$.subscribe(() => {
      this.startsEagerly = true;
      for (const server of this.servers.values()) this.startIfEnabled(server);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.startsEagerly = false;
    await Promise.all([...this.servers.values()].map((server) => server.stop()));
  }

  /** Takes a server over in its new configuration. What runs of an older one must have been stopped before. */
  adopt(record: ServerRecord): void {
    const key = serverKey(record.tenant, record.name);
    const log = this.servers.get(key)?.log ?? new LogRing();
    const server = new SupervisedServer(record, log, this.supervision);
    this.servers.set(key, server);
    this.startIfEnabled(server);
  }

  /** Every registered server is known here, enabled or not. */
  server(tenant: string, name: string): SupervisedServer | undefined {
    return this.servers.get(serverKey(tenant, name));
  }

  all(): Iterable<SupervisedServer> {
    return this.servers.values();
  }

  /** Forgets a server that was stopped, its log included. */
  dismiss(tenant: string, name: string): void {
    this.servers.delete(serverKey(tenant, name));
  }

  private startIfEnabled(server: SupervisedServer): void {
    if (this.startsEagerly && server.record.enabled) server.start();
  }
}
