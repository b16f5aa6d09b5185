import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { principalKey } from '@manifold/auth';
import { Connections, type ConnectionOwner } from '@manifold/oauth';
import { AuditLog } from './audit-log.js';

/** Logs when users connect to servers with OAuth and when connections end. Most of that happens in browsers, on public pages. */
@Injectable()
export class ConnectionAudit implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ConnectionAudit.name);
  private unsubscribe?: () => void;

  constructor(
    private readonly log: AuditLog,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    if (!this.log.isOn) return;
    // Another replica logs its own changes.
    this.unsubscribe = this.connections.onChanged((owner, isHere) => {
      if (isHere) void this.changed(owner, Date.now());
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  private async changed(owner: ConnectionOwner, time: number): Promise<void> {
    const { tenant, issuer, subject } = owner.principal;
    const state = await this.connections.status(owner).then(
      (status) => status.state,
      (err: unknown) => this.unknown(err),
    );
    this.log.append({
      time,
      tenant,
      principal: principalKey(tenant, issuer, subject),
      action: state === 'none' ? 'oauth/disconnect' : 'oauth/connect',
      server: owner.server,
      decision: 'allowed',
      outcome: 'ok',
      code: state,
    });
  }

  private unknown(err: unknown): 'unknown' {
    this.logger.warn({ msg: 'the state of a connection cannot be read for the audit log', err });
    return 'unknown';
  }
}
