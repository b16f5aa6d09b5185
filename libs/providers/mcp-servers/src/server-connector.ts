import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { transportWith } from './launch-secrets.js';
import type { Findings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { Secrets } from './server-run.js';
import { connectHttp, connectStdio, type LogRing, type UpstreamConnection } from './upstream/index.js';

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector implements OnModuleInit {
  private readonly logger = new Logger(ServerConnector.name);

  constructor(
    private readonly egress: Egress,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const { environment, hosting } = this.config;
    if (hosting.runAs && !isRoot()) {
      this.logger.warn({ msg: 'SERVER_UID has no effect: only root can start servers as another user' });
    }
    if (environment === 'production' && !hosting.runAs && isRoot()) {
      // They could read the master key in /proc (SECURITY.md, threat 32).
      this.logger.warn({ msg: 'registered servers run as root: set SERVER_UID, or run the gateway as another user' });
    }
  }

  /**
   * @param signal ends the attempt; nothing of it is left when this has rejected
   * @throws ProviderError
   */
  connect(
    record: ServerRecord,
    secrets: Secrets,
    findings: Findings,
    log: LogRing,
    signal: AbortSignal,
  ): Promise<UpstreamConnection> {
    const transport = transportWith(record, secrets);
    if (transport.transportType === 'stdio') {
      const { hosting } = this.config;
      const runAs = isRoot() ? hosting.runAs : undefined;
      const spec = { ...transport, cwd: process.cwd(), limits: { ...hosting.limits, ...record.limits }, runAs };
      return connectStdio(spec, { log, signal });
    }
    const { egress } = this;
    const onSession: Parameters<typeof connectHttp>[1]['onSession'] = (session) => findings.sessionChanged(session);
    return connectHttp({ ...transport, session: findings.resumable }, { egress, log, signal, onSession });
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;
