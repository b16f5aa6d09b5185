import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Connections } from '@manifold/oauth';
import { ServerHost } from '@manifold/server-model';

/** Removes all users' tokens for a server when it is deleted. A later server with the same name must not get them. */
@Injectable()
export class ServerConnectionRemoval implements OnModuleInit, OnModuleDestroy {
  private unsubscribe?: () => void;

  constructor(
    private readonly host: ServerHost,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.host.onDelete({
      before: (tenant, name) => this.connections.removeServer(tenant, name),
      after: () => Promise.resolve(),
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }
}
