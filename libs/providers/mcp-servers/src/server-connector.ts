import { Injectable } from '@nestjs/common';
import { Egress } from '@manifold/egress';
import type { ServerRecord } from './server-record.js';
import { ServerSessions } from './server-sessions.js';
import { connectHttp, connectStdio, type LogRing, type UpstreamConnection } from './upstream/index.js';

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector {
  constructor(
    private readonly egress: Egress,
    private readonly sessions: ServerSessions,
  ) {}

  /**
   * @param signal ends the attempt; nothing of it is left when this has rejected
   * @throws ProviderError
   */
  connect({ tenant, name, transport }: ServerRecord, log: LogRing, signal: AbortSignal): Promise<UpstreamConnection> {
    if (transport.transportType === 'stdio') {
      return connectStdio({ ...transport, cwd: process.cwd() }, { log, signal });
    }
    const onSession: Parameters<typeof connectHttp>[1]['onSession'] = (session) =>
      void this.sessions.changed(tenant, name, session);
    const session = this.sessions.of(tenant, name);
    return connectHttp({ ...transport, session }, { egress: this.egress, log, signal, onSession });
  }
}
