import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { isObject, tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { Launch } from '@manifold/launcher';
import { ProblemError, toProblem } from '@manifold/rest';
import { ServerExtensions } from '@manifold/server-model';
import { ProviderError } from '@manifold/tool-provider';
import { whatRuns } from '../model/access-settings.js';
import type { CallsInFlight } from '../model/calls-in-flight.js';
import { programOf } from '../model/program-of.js';
import { ProgramStarter, type ServerLaunch } from './program-starter.js';
import { ServerHttp } from './server-http.js';
import { transportWith } from './launch-secrets.js';
import { StartRefusedError } from './start-refused-error.js';
import type { ConnectionMetadata } from '../metadata/server-metadata.js';
import { isSingleton, servesUsersApart, type ServerRecord } from '../model/server-record.js';
import type { StdioSettings } from '../model/transport-settings.js';
import type { Secrets } from './server-run.js';
import { SerializedConnection } from '../singleton/serialized-connection.js';
import type { SingletonServer } from '../singleton/singleton-host.service.js';
import { SingletonServers } from '../singleton/singleton-servers.service.js';
import {
  ALL_CAPABILITIES,
  connectHttp,
  connectStdio,
  type EraMemory,
  type LogRing,
  type RawObject,
  type StdioProcess,
  type UpstreamConnection,
  type UpstreamSession,
} from '@manifold/mcp-client';

/** The program of a server on this machine. */
export interface InstalledProgram {
  readonly record: ServerRecord;
  readonly folder?: string;
  readonly dataFiles?: Launch['dataFiles'];
  release(): void;
}

/** The target of a connection, its secrets and its owner. */
export interface Destination {
  /** The record with the command that is started on this machine. */
  readonly record: ServerRecord;
  /** Folder with the files of the program. Undefined: it belongs to no package. */
  readonly folder?: string;
  readonly dataFiles?: Launch['dataFiles'];
  /** The record as it is stored. */
  readonly stored: ServerRecord;
  readonly secrets: Secrets;
  readonly metadata: ConnectionMetadata;
  readonly log: LogRing;
  readonly calls: CallsInFlight;
  /** The owner of the connection. Undefined for a connection that all users share. */
  readonly user?: Principal;
}

/** Opens the kind of connection that a server's record asks for. */
@Injectable()
export class ServerConnector implements OnModuleInit {
  private readonly logger = new Logger(ServerConnector.name);

  constructor(
    private readonly programs: ProgramStarter,
    private readonly http: ServerHttp,
    private readonly extensions: ServerExtensions,
    private readonly singletons: SingletonServers,
  ) {}

  onModuleInit(): void {
    this.extensions.policy.isolation = {
      refusalFor: (tenant, network) => this.programs.refusal(tenant, network),
    };
  }

  /** Checks whether the tenant may run the server. @throws ProblemError 403 `stdio_not_allowed` with the setting to change */
  async check(record: ServerRecord): Promise<void> {
    const program = programOf(record);
    if (program) await this.extensions.checkProgram(record.tenant, record.name, program);
  }

  /**
   * Installs the program of the record on this machine. This may take minutes, which do not count towards the server's
   * start timeout.
   * @returns the record with the installed command, and the program with a function to call when no process uses it any more
   * @throws ProviderError that says why it cannot be installed; the signal's reason
   */
  async prepare(record: ServerRecord, signal: AbortSignal): Promise<InstalledProgram> {
    const { tenant, name, transport } = record;
    const { programs } = this.extensions;
    await this.requireAllowed(record);
    if (!programs || transport.transportType !== 'stdio') return { record, release: () => undefined };
    try {
      const { command, args, ...program } = await programs.prepare(tenant, name, transport, signal);
      return { ...program, record: { ...record, transport: { ...transport, command, args: [...args] } } };
    } catch (cause) {
      signal.throwIfAborted();
      const message = `The package of server ${name} could not be installed: ${toProblem(cause).message}`;
      throw new ProviderError('upstream_unavailable', message, { cause });
    }
  }

  /**
   * Opens a connection.
   * @param signal ends the attempt. When this has rejected, no process and no connection is left.
   * @param dedicatedTo capabilities of the only client whose calls use the connection. Undefined for the connection that
   *   all clients share.
   * @throws ProviderError
   */
  async connect(destination: Destination, signal: AbortSignal, dedicatedTo?: RawObject): Promise<UpstreamConnection> {
    const { record, secrets, metadata, log, user } = destination;
    const transport = transportWith(record, secrets);
    const isSingle = record.lanes === false || isSingleton(record);
    // The only connection of a server serves one client after the other, so it declares all capabilities.
    const capabilities = dedicatedTo ?? (isSingle ? ALL_CAPABILITIES : undefined);
    const era: EraMemory = { known: metadata.era, found: (found) => metadata.eraFound(found) };
    if (transport.transportType === 'stdio') {
      await this.requireAllowed(destination.stored);
      const { maxMessageBytes } = this.programs;
      const start = (): Promise<StdioProcess> => this.programs.start(launchOf(destination, transport));
      const open = (until: AbortSignal): Promise<UpstreamConnection> =>
        connectStdio(start, { log, signal: until, era, clientCapabilities: capabilities, maxMessageBytes });
      if (connectsAsSingleton(destination))
        return this.singletons.connect(singletonServer(destination), destination, signal, open);
      const connection = await open(signal);
      return isSingle ? new SerializedConnection(connection) : connection;
    }
    const egress = await this.http.clientFor(user, record, transport.url, signal);
    const session = dedicatedTo ? undefined : metadata.resumable;
    const onSession = (changed: UpstreamSession | undefined): void => {
      if (!dedicatedTo) metadata.sessionChanged(changed);
    };
    const options = { egress, log, signal, era, onSession, clientCapabilities: capabilities };
    const connection = await connectHttp({ ...transport, session }, options);
    return isSingle ? new SerializedConnection(connection) : connection;
  }

  /** @throws StartRefusedError */
  private async requireAllowed(record: ServerRecord): Promise<void> {
    try {
      await this.check(record);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { tenant, name } = record;
      this.logger.warn({
        msg: 'a policy forbids a server, so it is not started',
        tenant,
        server: name,
        reason: error.message,
      });
      throw new StartRefusedError(name, error);
    }
  }
}

function launchOf({ record, folder, dataFiles, user }: Destination, program: StdioSettings): ServerLaunch {
  const { tenant, name: server, limits } = record;
  return { owner: { tenant, server, user: user?.key }, program, folder, dataFiles, limits };
}

/** If each user has a separate instance, the instance that only introduces the server is no singleton: it serves no user. */
const connectsAsSingleton = ({ record, user }: Destination): boolean =>
  isSingleton(record) && (user !== undefined || !servesUsersApart(record));

function singletonServer({ stored, user }: Destination): SingletonServer {
  const { tenant, name } = stored;
  const settings = createHash('sha256')
    .update(JSON.stringify(whatRuns(stored), inOrder))
    .digest('base64url');
  return { key: user ? tupleKey(tenant, name, user.key) : tupleKey(tenant, name), settings };
}

/** Sorts the members of objects, so that equal records have equal JSON texts on all replicas. */
const inOrder = (_name: string, value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
