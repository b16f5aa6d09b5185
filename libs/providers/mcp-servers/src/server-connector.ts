import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { TokenService } from '@manifold/oauth';
import { toProblem } from '@manifold/rest';
import { ServerExtensions } from '@manifold/server-hosting';
import { ProviderError } from '@manifold/tool-provider';
import { whatRuns } from './access/access-settings.js';
import type { CallsInFlight } from './calls-in-flight.js';
import { AuthorizedHttp } from './consent/authorized-http.js';
import { UserConsents } from './consent/user-consents.js';
import { transportWith } from './launch-secrets.js';
import type { Findings } from './server-findings.js';
import { runsOnce, servesUsersApart, type ServerRecord } from './server-record.js';
import type { Secrets } from './server-run.js';
import { SingleLine } from './single/single-line.js';
import type { SoleServer } from './single/sole-host.service.js';
import { SoleServers } from './single/sole-servers.service.js';
import {
  ALL_CAPABILITIES,
  connectHttp,
  connectStdio,
  isObject,
  type EraMemory,
  type HttpClient,
  type LogRing,
  type RawObject,
  type UpstreamConnection,
  type UpstreamSession,
} from './upstream/index.js';

/** What a connection is opened to, with what, and for whom. */
export interface Destination {
  /** As it is started here. */
  readonly record: ServerRecord;
  /** As it is stored. */
  readonly stored: ServerRecord;
  readonly secrets: Secrets;
  readonly findings: Findings;
  readonly log: LogRing;
  readonly calls: CallsInFlight;
  /** Whose the connection is, unless it is for everybody. */
  readonly user?: Principal;
}

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector implements OnModuleInit {
  private readonly logger = new Logger(ServerConnector.name);

  constructor(
    private readonly egress: Egress,
    private readonly config: Config,
    private readonly consents: UserConsents,
    private readonly tokens: TokenService,
    private readonly extensions: ServerExtensions,
    private readonly soleServers: SoleServers,
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
   * Brings what is started for the record to this machine. It may take minutes, none of them the server's own.
   * @returns the record as it is started here, and what to call when nothing runs from it any more
   * @throws ProviderError that says why it cannot be brought; the signal's reason
   */
  async prepare(record: ServerRecord, signal: AbortSignal): Promise<{ record: ServerRecord; release(): void }> {
    const { tenant, name, transport } = record;
    const { programs } = this.extensions;
    if (!programs || transport.transportType !== 'stdio') return { record, release: () => undefined };
    try {
      const { command, args, release } = await programs.prepare(tenant, name, transport, signal);
      return { record: { ...record, transport: { ...transport, command, args: [...args] } }, release };
    } catch (cause) {
      signal.throwIfAborted();
      const message = `The package of server ${name} could not be installed: ${toProblem(cause).message}`;
      throw new ProviderError('upstream_unavailable', message, { cause });
    }
  }

  /**
   * @param signal ends the attempt; nothing of it is left when this has rejected
   * @param lane makes it a connection for calls of one client, beside the one that all share: what the client can do
   * @throws ProviderError
   */
  async connect(destination: Destination, signal: AbortSignal, lane?: RawObject): Promise<UpstreamConnection> {
    const { record, secrets, findings, log, user } = destination;
    const transport = transportWith(record, secrets);
    const isSingle = record.lanes === false || runsOnce(record);
    // The only connection of a server is the lane of all who can be asked.
    const capabilities = lane ?? (isSingle ? ALL_CAPABILITIES : undefined);
    const era: EraMemory = { known: findings.era, found: (found) => findings.eraFound(found) };
    if (transport.transportType === 'stdio') {
      const { hosting } = this.config;
      const runAs = isRoot() ? hosting.runAs : undefined;
      const spec = { ...transport, cwd: process.cwd(), limits: { ...hosting.limits, ...record.limits }, runAs };
      const open = (until: AbortSignal): Promise<UpstreamConnection> =>
        connectStdio(spec, { log, signal: until, era, lane: capabilities });
      if (isSole(destination)) return this.soleServers.connect(soleServer(destination), destination, signal, open);
      const connection = await open(signal);
      return isSingle ? new SingleLine(connection) : connection;
    }
    const egress = user ? await this.httpOf(user, record.name, transport.url, signal) : this.egress;
    const session = lane ? undefined : findings.resumable;
    const onSession = (changed: UpstreamSession | undefined): void => {
      if (!lane) findings.sessionChanged(changed);
    };
    const options = { egress, log, signal, era, onSession, lane: capabilities };
    const connection = await connectHttp({ ...transport, session }, options);
    return isSingle ? new SingleLine(connection) : connection;
  }

  /** With the user's tokens, if there are any. */
  private async httpOf(user: Principal, server: string, url: string, signal: AbortSignal): Promise<HttpClient> {
    await this.consents.learn(user, server, true);
    if (!this.consents.isConnected(user, server)) return this.egress;
    const http = new AuthorizedHttp(this.egress, this.tokens, { principal: user, server }, url);
    await http.ready(signal);
    return http;
  }
}

/** Where users are served apart, what is run to introduce the server serves nobody. */
const isSole = ({ record, user }: Destination): boolean =>
  runsOnce(record) && (user !== undefined || !servesUsersApart(record));

function soleServer({ stored, user }: Destination): SoleServer {
  const { tenant, name } = stored;
  const settings = createHash('sha256')
    .update(JSON.stringify(whatRuns(stored), inOrder))
    .digest('base64url');
  return { key: JSON.stringify(user ? [tenant, name, user.key] : [tenant, name]), settings };
}

/** Equal records have equal texts, whoever has put them together. */
const inOrder = (_name: string, value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;

const isRoot = (): boolean => process.getuid?.() === 0;
