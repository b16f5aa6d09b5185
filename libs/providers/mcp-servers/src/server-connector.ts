import { Injectable } from '@nestjs/common';
import { Egress } from '@manifold/egress';
import type { ServerFindings } from './server-findings.js';
import type { ServerRecord } from './server-record.js';
import { connectHttp, connectStdio, type LogRing, type UpstreamConnection } from './upstream/index.js';

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector {
  constructor(private readonly egress: Egress) {}

  /**
   * @param signal ends the attempt; nothing of it is left when this has rejected
   * @throws ProviderError
   */
  connect(
    { transport }: ServerRecord,
    findings: ServerFindings,
    log: LogRing,
    signal: AbortSignal,
  ): Promise<UpstreamConnection> {
    if (transport.transportType === 'stdio') {
      return connectStdio({ ...transport, cwd: process.cwd() }, { log, signal });
    }
    const { egress } = this;
    const onSession: Parameters<typeof connectHttp>[1]['onSession'] = (session) => findings.sessionChanged(session);
    return connectHttp({ ...transport, session: findings.resumable }, { egress, log, signal, onSession });
  }
}
