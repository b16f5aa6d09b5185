import type { ToolDefinition } from '@manifold/tool-provider';
import type { ServerSessions } from './server-sessions.js';
import type { ServerTools } from './server-tools.js';
import type { UpstreamSession } from './upstream/index.js';

/** Where what is found out about servers is kept. */
export interface Findings {
  readonly tools: ServerTools;
  readonly sessions: ServerSessions;
}

/**
 * What one configuration of a server tells of itself: its tools and its HTTP session.
 *
 * 1. Of a configuration on trial they are kept aside; 2. `publish` makes them what the gateway knows of the server, from then on at
 * once; 3. after `end` nothing counts any more, so that a server on its way out does not overwrite what its successor says.
 */
export class ServerFindings {
  private state: 'aside' | 'published' | 'ended' = 'aside';
  private definitions?: readonly ToolDefinition[];
  private session?: UpstreamSession;

  constructor(
    private readonly tenant: string,
    private readonly name: string,
    private readonly findings: Findings,
  ) {}

  /** The session that a new connection can go on with. */
  get resumable(): UpstreamSession | undefined {
    return this.state === 'published' ? this.findings.sessions.of(this.tenant, this.name) : this.session;
  }

  /** Whether the configuration itself has listed a tool of this name. */
  hasListed(tool: string): boolean {
    return this.definitions?.some(({ name }) => name === tool) ?? false;
  }

  /** Resolves when the tools are stored, as far as they are to be stored. */
  async listed(definitions: readonly ToolDefinition[]): Promise<void> {
    this.definitions = definitions;
    if (this.state === 'published') await this.findings.tools.learn(this.tenant, this.name, definitions);
  }

  /** From now on the tools of the server are known, if only as none: nobody waits for them. */
  tried(): void {
    if (this.state !== 'published' || this.findings.tools.of(this.tenant, this.name)) return;
    void this.findings.tools.learn(this.tenant, this.name, []);
  }

  sessionChanged(session: UpstreamSession | undefined): void {
    this.session = session;
    if (this.state === 'published') void this.findings.sessions.changed(this.tenant, this.name, session);
  }

  /** Takes the place of what was known of the server. */
  publish(): void {
    this.state = 'published';
    const { tools, sessions } = this.findings;
    if (this.definitions) void tools.learn(this.tenant, this.name, this.definitions);
    if (this.session?.id !== sessions.idOf(this.tenant, this.name)) this.sessionChanged(this.session);
  }

  /** Goes on with what is known of the server. */
  resume(): void {
    this.state = 'published';
  }

  end(): void {
    this.state = 'ended';
  }
}
