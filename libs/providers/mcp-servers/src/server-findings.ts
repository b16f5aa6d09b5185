import type { ToolDefinition } from '@manifold/tool-provider';
import { NOTHING, type KnownFeatures } from './relay/server-features.js';
import type { ServerKnowledge } from './server-knowledge.js';
import type { Era, Offer, UpstreamConnection, UpstreamSession } from './upstream/index.js';

/** What a connection tells of its server. */
export interface Findings {
  /** The session that a new connection can go on with. */
  readonly resumable: UpstreamSession | undefined;
  /** In which era the server speaks, as far as that is known. */
  readonly era: Era | undefined;
  eraFound(era: Era): void;
  readonly wantsTools: boolean;
  /** Resolves when the tools are stored, as far as they are to be stored. */
  listed(definitions: readonly ToolDefinition[]): Promise<void>;
  /** Whether this version of the configuration has listed its tools for clients that can be asked. */
  hasExplored(version: string): boolean;
  /** What a client that can be asked is listed. Resolves when it is stored, as far as it is to be stored. */
  listedForClients(definitions: readonly ToolDefinition[], version: string): Promise<void>;
  readonly wantsOffer: boolean;
  /** Resolves when it is stored, as far as it is to be stored. */
  offered(features: KnownFeatures): Promise<void>;
  /** From now on the tools of the server are known, if only as none: nobody waits for them. */
  tried(): void;
  /** What is subscribed of the server is subscribed on this connection from now on. */
  connected(connection: UpstreamConnection): void;
  sessionChanged(session: UpstreamSession | undefined): void;
  /** Nothing counts any more, so that a server on its way out does not overwrite what its successor says. */
  end(): void;
}

/**
 * What one configuration of a server tells of itself: its tools, what it offers beside them, and its HTTP session.
 *
 * 1. Of a configuration on trial they are kept aside; 2. `publish` makes them what the gateway knows of the server, from then on at
 * once; 3. `end`.
 */
export class ServerFindings implements Findings {
  readonly wantsTools = true;
  readonly wantsOffer = true;
  private state: 'aside' | 'published' | 'ended' = 'aside';
  private definitions?: readonly ToolDefinition[];
  private forClients?: { readonly definitions: readonly ToolDefinition[]; readonly version: string };
  private features?: KnownFeatures;
  private connection?: UpstreamConnection;
  private session?: UpstreamSession;
  private foundEra?: Era;

  /** @param version of the configuration */
  constructor(
    private readonly tenant: string,
    private readonly name: string,
    private readonly version: string,
    private readonly knowledge: ServerKnowledge,
  ) {}

  get resumable(): UpstreamSession | undefined {
    return this.state === 'published' ? this.knowledge.sessions.of(this.tenant, this.name) : this.session;
  }

  get era(): Era | undefined {
    return this.state === 'published' ? this.knowledge.eras.of(this.tenant, this.name, this.version) : this.foundEra;
  }

  eraFound(era: Era): void {
    this.foundEra = era;
    if (this.state === 'published') void this.knowledge.eras.learn(this.tenant, this.name, this.version, era);
  }

  /** From this configuration or an earlier one. */
  get areToolsKnown(): boolean {
    return (this.knowledge.tools.of(this.tenant, this.name)?.names.size ?? 0) > 0;
  }

  /** Whether the configuration itself has listed a tool, of this name if one is given. */
  hasListed(tool?: string): boolean {
    return this.definitions?.some(({ name }) => tool === undefined || name === tool) ?? false;
  }

  async listed(definitions: readonly ToolDefinition[]): Promise<void> {
    this.definitions = definitions;
    if (this.state === 'published') await this.knowledge.tools.learn(this.tenant, this.name, definitions);
  }

  /** Whether the configuration itself has said what it offers. */
  get hasOffered(): boolean {
    return this.features !== undefined;
  }

  hasExplored(version: string): boolean {
    if (this.forClients?.version === version) return true;
    return this.state === 'published' && this.knowledge.tools.exploredVersion(this.tenant, this.name) === version;
  }

  async listedForClients(definitions: readonly ToolDefinition[], version: string): Promise<void> {
    this.forClients = { definitions, version };
    if (this.state === 'published') {
      await this.knowledge.tools.learnForClients(this.tenant, this.name, definitions, version);
    }
  }

  async offered(features: KnownFeatures): Promise<void> {
    this.features = features;
    if (this.state === 'published') await this.knowledge.features.learn(this.tenant, this.name, features);
  }

  connected(connection: UpstreamConnection): void {
    this.connection = connection;
    if (this.state === 'published') this.knowledge.subscriptions.moveTo(connection, this.tenant, this.name);
  }

  /** The same for the connection of a single user. */
  connectedFor(owner: string, connection: UpstreamConnection): void {
    this.knowledge.subscriptions.moveTo(connection, this.tenant, this.name, owner);
  }

  /** What a single user is offered; undefined: it no longer counts. */
  offeredTo(owner: string, offer: Offer | undefined): void {
    if (this.state === 'published') this.knowledge.features.learnOwn(this.tenant, this.name, owner, offer);
  }

  tried(): void {
    if (this.state === 'published') void this.knowledge.tools.introduce(this.tenant, this.name);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
    if (this.state === 'published') void this.knowledge.sessions.changed(this.tenant, this.name, session);
  }

  /** Takes the place of what was known of the server. */
  publish(): void {
    this.state = 'published';
    const { tools, sessions, features } = this.knowledge;
    if (this.foundEra) this.eraFound(this.foundEra);
    if (this.definitions) void tools.learn(this.tenant, this.name, this.definitions);
    if (this.forClients) void this.listedForClients(this.forClients.definitions, this.forClients.version);
    if (this.features) void features.learn(this.tenant, this.name, this.features);
    if (this.connection) this.connected(this.connection);
    if (this.session?.id !== sessions.idOf(this.tenant, this.name)) this.sessionChanged(this.session);
  }

  /** What can be listed for it has changed. */
  consentIsWanted(): void {
    if (this.state === 'published') this.knowledge.tools.announceChange({ tenant: this.tenant, app: this.name });
  }

  /** Goes on with what is known of the server. */
  resume(): void {
    this.state = 'published';
  }

  end(): void {
    this.state = 'ended';
  }
}

/**
 * What the connection of a single user tells, or one that is opened without any user to introduce the server: the tools count for
 * everybody when nobody has listed any before, as a listing needs no connection of its own; what is offered beside them may be the
 * user's own, and so are the session and the subscriptions.
 */
export class UserFindings implements Findings {
  private session?: UpstreamSession;

  constructor(
    private readonly server: ServerFindings,
    /** Key of the user's principal. */
    private readonly owner: string | undefined,
  ) {}

  get resumable(): UpstreamSession | undefined {
    return this.session;
  }

  get era(): Era | undefined {
    return this.server.era;
  }

  eraFound(era: Era): void {
    this.server.eraFound(era);
  }

  get wantsTools(): boolean {
    return !this.server.hasListed();
  }

  async listed(definitions: readonly ToolDefinition[]): Promise<void> {
    if (this.wantsTools) await this.server.listed(definitions);
  }

  hasExplored(version: string): boolean {
    return this.server.hasExplored(version);
  }

  async listedForClients(definitions: readonly ToolDefinition[], version: string): Promise<void> {
    await this.server.listedForClients(definitions, version);
  }

  get wantsOffer(): boolean {
    return this.owner !== undefined || !this.server.hasOffered;
  }

  async offered(features: KnownFeatures): Promise<void> {
    if (this.owner !== undefined) this.server.offeredTo(this.owner, features.offer);
    if (this.server.hasOffered) return;
    await this.server.offered(this.owner === undefined ? features : { ...features, offer: NOTHING });
  }

  tried(): void {
    this.server.tried();
  }

  connected(connection: UpstreamConnection): void {
    if (this.owner !== undefined) this.server.connectedFor(this.owner, connection);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
  }

  end(): void {
    this.session = undefined;
    if (this.owner !== undefined) this.server.offeredTo(this.owner, undefined);
  }
}
