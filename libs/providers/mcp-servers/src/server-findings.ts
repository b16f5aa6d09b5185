import type { ToolDefinition } from '@manifold/tool-provider';
import type { ServerSessions } from './server-sessions.js';
import type { ServerTools } from './server-tools.js';
import type { UpstreamSession } from './upstream/index.js';

/** Where what is found out about servers is kept. */
export interface Knowledge {
  readonly tools: ServerTools;
  readonly sessions: ServerSessions;
}

/** What a connection tells of its server. */
export interface Findings {
  /** The session that a new connection can go on with. */
  readonly resumable: UpstreamSession | undefined;
  readonly wantsTools: boolean;
  /** Resolves when the tools are stored, as far as they are to be stored. */
  listed(definitions: readonly ToolDefinition[]): Promise<void>;
  /** From now on the tools of the server are known, if only as none: nobody waits for them. */
  tried(): void;
  sessionChanged(session: UpstreamSession | undefined): void;
  /** Nothing counts any more, so that a server on its way out does not overwrite what its successor says. */
  end(): void;
}

/**
 * What one configuration of a server tells of itself: its tools and its HTTP session.
 *
 * 1. Of a configuration on trial they are kept aside; 2. `publish` makes them what the gateway knows of the server, from then on at
 * once; 3. `end`.
 */
export class ServerFindings implements Findings {
  readonly wantsTools = true;
  private state: 'aside' | 'published' | 'ended' = 'aside';
  private definitions?: readonly ToolDefinition[];
  private session?: UpstreamSession;

  constructor(
    private readonly tenant: string,
    private readonly name: string,
    private readonly knowledge: Knowledge,
  ) {}

  get resumable(): UpstreamSession | undefined {
    return this.state === 'published' ? this.knowledge.sessions.of(this.tenant, this.name) : this.session;
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

  tried(): void {
    if (this.state !== 'published' || this.knowledge.tools.of(this.tenant, this.name)) return;
    void this.knowledge.tools.learn(this.tenant, this.name, []);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
    if (this.state === 'published') void this.knowledge.sessions.changed(this.tenant, this.name, session);
  }

  /** Takes the place of what was known of the server. */
  publish(): void {
    this.state = 'published';
    const { tools, sessions } = this.knowledge;
    if (this.definitions) void tools.learn(this.tenant, this.name, this.definitions);
    if (this.session?.id !== sessions.idOf(this.tenant, this.name)) this.sessionChanged(this.session);
  }

  /** What can be listed for it has changed. */
  consentIsWanted(): void {
    if (this.state === 'published') this.knowledge.tools.announceChange();
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
 * What the connection of a single user tells: the tools count for everybody when nobody has listed any before, as a listing needs no
 * connection of its own; the session is the user's.
 */
export class UserFindings implements Findings {
  private session?: UpstreamSession;

  constructor(private readonly server: ServerFindings) {}

  get resumable(): UpstreamSession | undefined {
    return this.session;
  }

  get wantsTools(): boolean {
    return !this.server.hasListed();
  }

  async listed(definitions: readonly ToolDefinition[]): Promise<void> {
    if (this.wantsTools) await this.server.listed(definitions);
  }

  tried(): void {
    this.server.tried();
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
  }

  end(): void {
    this.session = undefined;
  }
}
