import { ProblemError } from '@manifold/rest';
import {
  ServerHost,
  type StartedServer,
  type DeletionHooks,
  type HostedServer,
  type Replacement,
  type ServerSettings,
} from '@manifold/server-model';

/** The servers that the replicas have stored, by name. */
export type StoredServers = Map<string, HostedServer>;

/** A registry of servers that runs none of them. Replicas share what is stored, and know of each other's changes at once. */
export class ServerFixture extends ServerHost {
  private readonly hooks = new Set<DeletionHooks>();

  constructor(private readonly servers: StoredServers) {
    super();
  }

  check(): void {}

  find(_tenant: string, name: string): HostedServer | undefined {
    return this.servers.get(name);
  }

  list(): (HostedServer & { readonly name: string })[] {
    return [...this.servers].map(([name, server]) => ({ ...server, name }));
  }

  async findStored(tenant: string, name: string): Promise<HostedServer | undefined> {
    return this.find(tenant, name);
  }

  view(_tenant: string, name: string): StartedServer {
    return { name, enabled: true, status: 'connected' };
  }

  async register(_tenant: string, name: string, settings: ServerSettings): Promise<void> {
    if (this.servers.has(name))
      throw new ProblemError(409, 'server_already_exists', `Server with name ${name} already exists`);
    this.servers.set(name, hosted(settings));
  }

  async settled(): Promise<void> {}

  async replace(
    tenant: string,
    name: string,
    settings: ServerSettings,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Replacement> {
    signal.throwIfAborted();
    if (!this.find(tenant, name)) throw new ProblemError(404, 'server_not_found', `Server ${name} not found`);
    this.servers.set(name, hosted(settings));
    return { retired: Promise.resolve() };
  }

  async enable(): Promise<void> {}

  async disable(): Promise<void> {}

  async delete(tenant: string, name: string): Promise<void> {
    for (const { before } of this.hooks) await before(tenant, name);
    this.servers.delete(name);
    for (const { after } of this.hooks) await after(tenant, name);
  }

  onDelete(hooks: DeletionHooks): () => void {
    this.hooks.add(hooks);
    return () => this.hooks.delete(hooks);
  }
}

const hosted = ({ command = '', args = [] }: ServerSettings): HostedServer => ({
  enabled: true,
  transport: { transportType: 'stdio', command, args },
});
