import type { ServerSettings } from './server-settings.js';

/** A registered server, as far as others than its registry need to know it. */
export interface HostedServer {
  readonly enabled: boolean;
  readonly transport:
    | { readonly transportType: 'stdio'; readonly command: string; readonly args: readonly string[] }
    | { readonly transportType: 'streamable_http' };
}

export interface Replacement {
  /** Resolves when nothing of what ran before runs any more: its files can go. */
  readonly retired: Promise<void>;
}

/** What happens beside a deletion of a server. */
export interface DeletionHooks {
  /** The server was stopped; its record is still there. A failure keeps it, so that the deletion can be repeated. */
  before(tenant: string, name: string): Promise<void>;
  /** The record is gone. */
  after(tenant: string, name: string): Promise<void>;
}

/**
 * The registry of MCP servers, for libraries that bring servers along. The provider of registered servers implements it.
 *
 * Errors: Problem 404 `server_not_found`, 409 `server_already_exists`, 400 for settings that do not fit.
 */
export abstract class ServerHost {
  /** @throws Problem 400 for settings that no server can have */
  abstract check(settings: ServerSettings): void;
  abstract find(tenant: string, name: string): HostedServer | undefined;
  /** In ascending order of name. */
  abstract list(tenant: string): readonly (HostedServer & { readonly name: string })[];
  /** As it is stored now: another replica may have changed it a moment ago. */
  abstract findStored(tenant: string, name: string): Promise<HostedServer | undefined>;
  /** What `GET /mcp/servers/:name` shows to operators. */
  abstract view(tenant: string, name: string): object;
  /** Resolves when the server is stored; its start goes on. */
  abstract register(tenant: string, name: string, settings: ServerSettings): Promise<unknown>;
  /** Resolves when the first start of the server as it is now has succeeded or failed, or the signal is aborted. */
  abstract settled(tenant: string, name: string, signal: AbortSignal): Promise<void>;
  /**
   * Brings new settings up beside what runs, and swaps when they answer `initialize` and list their tools. Calls in flight finish on
   * the old ones.
   * @throws Error that says why the new settings do not work; nothing has changed then
   */
  abstract replace(
    tenant: string,
    name: string,
    settings: ServerSettings,
    options: { readonly signal: AbortSignal },
  ): Promise<Replacement>;
  abstract enable(tenant: string, name: string): Promise<unknown>;
  abstract disable(tenant: string, name: string): Promise<unknown>;
  abstract delete(tenant: string, name: string): Promise<void>;
  /** @returns a function that takes the hooks away */
  abstract onDelete(hooks: DeletionHooks): () => void;
}
