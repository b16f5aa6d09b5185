import { testEgress } from '../../../egress/testing/src/test-egress.js';
import { connectHttp, type HttpSpec } from '../../src/connect-http.js';
import { type EraMemory } from '../../src/protocol/era.js';
import { LogRing } from '../../src/protocol/log-ring.js';
import { type UpstreamConnection, type UpstreamSession } from '../../src/protocol/upstream-connection.js';
import { unaborted } from './raw-stdio.js';

/** So that tests need not wait for a second. */
export const FAST = {
  initialReconnectionDelay: 10,
  maxReconnectionDelay: 20,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 3,
};

/** Connections over HTTP with what they reported, closed together. */
export class HttpConnections {
  readonly log = new LogRing();
  /** The sessions that `onSession` was told, in order. */
  readonly sessions: (UpstreamSession | undefined)[] = [];
  readonly egress = testEgress({ environment: 'development' });
  private readonly open: UpstreamConnection[] = [];

  async connect(
    url: string,
    spec: Partial<HttpSpec> = {},
    signal = unaborted(),
    era?: EraMemory,
  ): Promise<UpstreamConnection> {
    const onSession = (session: UpstreamSession | undefined) => this.sessions.push(session);
    const options = { egress: this.egress, log: this.log, signal, era, onSession };
    const connection = await connectHttp({ url, headers: {}, reconnectionOptions: FAST, ...spec }, options);
    this.open.push(connection);
    return connection;
  }

  logged(): string[] {
    return this.log.lines().map((line) => line.message);
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((connection) => connection.close()));
    await this.egress.onApplicationShutdown();
  }
}
