import type { Principal } from '@manifold/auth';
import type { View } from '@manifold/tool-registry';
import type { RequestSource } from '@manifold/tracing';
import type { AskedClient } from './asked-client.js';
import type { OpenCalls } from './calls-in-flight.js';
import type { ClientSession } from './client-session.js';
import type { RequestId } from './json-rpc.js';
import type { LogLevel } from './log-level.js';
import type { EnabledTools } from './method-handler.js';
import type { Caller } from './request-runner.js';
import { SessionClient } from './session-client.js';

/** The client of the legacy era behind one request. */
export class LegacyCaller implements Caller {
  readonly client?: AskedClient;
  progressToken?: RequestId;

  /** @param stream takes what goes before the result */
  constructor(
    readonly session: ClientSession,
    readonly principal: Principal,
    readonly source: RequestSource,
    readonly enabled: EnabledTools | undefined,
    private readonly stream: { send(message: string): void },
  ) {
    if (session.capabilities) {
      this.client = new SessionClient(session.capabilities, session, stream);
    }
  }

  get view(): View {
    return this.session.view;
  }

  get calls(): OpenCalls {
    return this.session.calls;
  }

  get takesUrls(): boolean {
    return this.session.takesUrls;
  }

  get logLevel(): LogLevel | undefined {
    return this.session.logLevel;
  }

  send(message: string): void {
    this.stream.send(message);
  }
}
