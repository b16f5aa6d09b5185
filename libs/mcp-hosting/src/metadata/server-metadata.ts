import type { ToolDefinition } from '@manifold/tool-provider';
import { NOTHING, type KnownFeatures } from './server-features.js';
import type { ServerMetadataCache } from './server-metadata-cache.js';
import type { ToolsForClients } from './server-tools.js';
import type { Era, Primitives, UpstreamConnection, UpstreamSession } from '@manifold/mcp-client';

/** Metadata of a server as one connection reports it. */
export interface ConnectionMetadata {
  /** The session that a new connection can resume. */
  readonly resumable: UpstreamSession | undefined;
  /** The protocol era of the server, if it is known. */
  readonly era: Era | undefined;
  eraFound(era: Era): void;
  readonly wantsTools: boolean;
  /** Takes the listed tools. Resolves when they are stored, if they are to be stored. */
  listed(definitions: readonly ToolDefinition[]): Promise<void>;
  /** Returns whether this version of the configuration has listed its tools for clients that accept requests. */
  hasExplored(version: string): boolean;
  /** Takes the tools that the server lists for clients that accept requests. Resolves when they are stored, if they are to be stored. */
  listedForClients(tools: ToolsForClients, version: string): Promise<void>;
  readonly wantsPrimitives: boolean;
  /** Takes the listed primitives. Resolves when they are stored, if they are to be stored. */
  primitivesListed(features: KnownFeatures): Promise<void>;
  /**
   * Notes that a connection was attempted. If no tools of the server are known, it counts as having none, so that listings
   * no longer wait for it.
   */
  markAttempted(): void;
  /** Moves the subscriptions of the server to this connection. */
  connected(connection: UpstreamConnection): void;
  sessionChanged(session: UpstreamSession | undefined): void;
  /** Ignores all later reports, so that a server that is being stopped does not overwrite the reports of its successor. */
  end(): void;
}

/**
 * Metadata of one configuration of a server: its tools and other primitives, its era, and its HTTP session.
 *
 * 1. For a configuration on trial the metadata is kept here only; 2. `publish` copies it to the cache, and from then on
 * each update is written at once; 3. `end`.
 */
export class ServerMetadata implements ConnectionMetadata {
  readonly wantsTools = true;
  readonly wantsPrimitives = true;
  private state: 'aside' | 'published' | 'ended' = 'aside';
  private definitions?: readonly ToolDefinition[];
  private forClients?: { readonly tools: ToolsForClients; readonly version: string };
  private features?: KnownFeatures;
  private connection?: UpstreamConnection;
  private session?: UpstreamSession;
  private foundEra?: Era;

  /** @param version version of the configuration */
  constructor(
    private readonly tenant: string,
    private readonly name: string,
    private readonly version: string,
    private readonly cache: ServerMetadataCache,
  ) {}

  get resumable(): UpstreamSession | undefined {
    return this.state === 'published' ? this.cache.sessions.of(this.tenant, this.name) : this.session;
  }

  get era(): Era | undefined {
    return this.state === 'published' ? this.cache.eras.of(this.tenant, this.name, this.version) : this.foundEra;
  }

  eraFound(era: Era): void {
    this.foundEra = era;
    if (this.state === 'published') void this.cache.eras.update(this.tenant, this.name, this.version, era);
  }

  /** Whether tools are known, from this configuration or an earlier one. */
  get areToolsKnown(): boolean {
    return (this.cache.tools.of(this.tenant, this.name)?.names.size ?? 0) > 0;
  }

  /** Returns whether this configuration has listed any tool, or the tool of the given name. */
  hasListed(tool?: string): boolean {
    return this.definitions?.some(({ name }) => tool === undefined || name === tool) ?? false;
  }

  /** Makes the next connection of a user list the tools and primitives again. Until then those that are known stay in use. */
  forgetListed(): void {
    this.definitions = undefined;
    this.features = undefined;
  }

  async listed(definitions: readonly ToolDefinition[]): Promise<void> {
    this.definitions = definitions;
    if (this.state === 'published') await this.cache.tools.update(this.tenant, this.name, definitions);
  }

  /** Whether this configuration has listed its primitives. */
  get hasListedPrimitives(): boolean {
    return this.features !== undefined;
  }

  hasExplored(version: string): boolean {
    if (this.forClients?.version === version) return true;
    return this.state === 'published' && this.cache.tools.exploredVersion(this.tenant, this.name) === version;
  }

  async listedForClients(tools: ToolsForClients, version: string): Promise<void> {
    this.forClients = { tools, version };
    if (this.state === 'published') {
      await this.cache.tools.updateForClients(this.tenant, this.name, tools, version);
    }
  }

  async primitivesListed(features: KnownFeatures): Promise<void> {
    this.features = features;
    if (this.state === 'published') await this.cache.features.update(this.tenant, this.name, features);
  }

  connected(connection: UpstreamConnection): void {
    this.connection = connection;
    if (this.state === 'published') this.cache.subscriptions.moveTo(connection, this.tenant, this.name);
  }

  /** Moves the subscriptions of a single user to this connection. */
  connectedFor(owner: string, connection: UpstreamConnection): void {
    this.cache.subscriptions.moveTo(connection, this.tenant, this.name, owner);
  }

  /** Sets the primitives of a single user. Undefined removes them. */
  primitivesListedFor(owner: string, primitives: Primitives | undefined): void {
    if (this.state === 'published') this.cache.features.updateOwn(this.tenant, this.name, owner, primitives);
  }

  markAttempted(): void {
    if (this.state === 'published') void this.cache.tools.markAttempted(this.tenant, this.name);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
    if (this.state === 'published') void this.cache.sessions.changed(this.tenant, this.name, session);
  }

  /** Replaces the cached metadata of the server by that of this configuration. */
  publish(): void {
    this.state = 'published';
    const { tools, sessions, features } = this.cache;
    if (this.foundEra) this.eraFound(this.foundEra);
    if (this.definitions) void tools.update(this.tenant, this.name, this.definitions);
    if (this.forClients) void this.listedForClients(this.forClients.tools, this.forClients.version);
    if (this.features) void features.update(this.tenant, this.name, this.features);
    if (this.connection) this.connected(this.connection);
    if (this.session?.id !== sessions.idOf(this.tenant, this.name)) this.sessionChanged(this.session);
  }

  /** Announces that the server wants users to connect an account, which changes the tools that users can be shown. */
  consentIsWanted(): void {
    if (this.state === 'published') this.cache.tools.announceChange({ tenant: this.tenant, app: this.name });
  }

  /** Continues with the cached metadata of the server. */
  resume(): void {
    this.state = 'published';
  }

  end(): void {
    this.state = 'ended';
  }
}

/**
 * Metadata from the connection of a single user, or from a connection without a user that only introduces the server. The
 * listed tools are used for all users if none were listed before, because the gateway answers a tool listing without a
 * connection of the user. The other primitives, the session and the subscriptions may be the user's own and are kept apart.
 */
export class UserConnectionMetadata implements ConnectionMetadata {
  private session?: UpstreamSession;

  constructor(
    private readonly server: ServerMetadata,
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

  async listedForClients(tools: ToolsForClients, version: string): Promise<void> {
    await this.server.listedForClients(tools, version);
  }

  get wantsPrimitives(): boolean {
    return this.owner !== undefined || !this.server.hasListedPrimitives;
  }

  async primitivesListed(features: KnownFeatures): Promise<void> {
    if (this.owner !== undefined) this.server.primitivesListedFor(this.owner, features.primitives);
    if (this.server.hasListedPrimitives) return;
    await this.server.primitivesListed(this.owner === undefined ? features : { ...features, primitives: NOTHING });
  }

  markAttempted(): void {
    this.server.markAttempted();
  }

  connected(connection: UpstreamConnection): void {
    if (this.owner !== undefined) this.server.connectedFor(this.owner, connection);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
  }

  end(): void {
    this.session = undefined;
    if (this.owner !== undefined) this.server.primitivesListedFor(this.owner, undefined);
  }
}
