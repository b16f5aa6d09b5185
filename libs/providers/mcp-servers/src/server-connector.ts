import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { TokenService } from '@manifold/oauth';
import { AuthorizedHttp } from './consent/authorized-http.js';
import { UserConsents } from './consent/user-consents.js';
import { transportWith } from './launch-secrets.js';
import type { Findings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import type { Secrets } from './server-run.js';
import { connectHttp, connectStdio, type HttpClient, type LogRing, type UpstreamConnection } from './upstream/index.js';

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector implements OnModuleInit {
  private readonly logger = new Logger(ServerConnector.name);

  constructor(
    private readonly egress: Egress,
    private readonly config: Config,
    private readonly consents: UserConsents,
    private readonly tokens: TokenService,
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
   * @param user whose the connection is, unless it is for everybody
   * @param signal ends the attempt; nothing of it is left when this has rejected
   * @throws ProviderError
   */
  async connect(
    record: ServerRecord,
    secrets: Secrets,
    findings: Findings,
    log: LogRing,
    signal: AbortSignal,
    user?: Principal,
  ): Promise<UpstreamConnection> {
    const transport = transportWith(record, secrets);
    if (transport.transportType === 'stdio') {
      const { hosting } = this.config;
      const runAs = isRoot() ? hosting.runAs : undefined;
      const spec = { ...transport, cwd: process.cwd(), limits: { ...hosting.limits, ...record.limits }, runAs };
      return connectStdio(spec, { log, signal });
    }
    const egress = user ? await this.httpOf(user, record.name, transport.url, signal) : this.egress;
    const onSession: Parameters<typeof connectHttp>[1]['onSession'] = (session) => findings.sessionChanged(session);
    return connectHttp({ ...transport, session: findings.resumable }, { egress, log, signal, onSession });
  }

  /** With the user's tokens, if there are any. */
  private async httpOf(user: Principal, server: string, url: string, signal: AbortSignal): Promise<HttpClient> {
    await this.consents.learn(user, server);
    if (!this.consents.isConnected(user, server)) return this.egress;
    const http = new AuthorizedHttp(this.egress, this.tokens, { principal: user, server }, url);
    await http.ready(signal);
    return http;
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;
