import type { StartedServer } from './start-warning.js';
import type { ServerSettings } from './server-settings.js';

/** The data of a registered server that code outside the registry needs. */
export interface HostedServer {
  readonly enabled: boolean;
  readonly transport:
    | { readonly transportType: 'stdio'; readonly command: string; readonly args: readonly string[] }
    | { readonly transportType: 'streamable_http' };
}

export interface Replacement {
  /** Resolves when no process of the previous version runs any more. Its files can then be deleted. */
  readonly retired: Promise<void>;
}

/** Hooks that run when a server is deleted. */
export interface DeletionHooks {
  /**
   * Runs after the server was stopped, while its record still exists. If it fails, the record is kept, so that the deletion can be
   * repeated.
   */
  before(tenant: string, name: string): Promise<void>;
  /** Runs after the record was deleted. */
  after(tenant: string, name: string): Promise<void>;
}

/**
 * The registry of MCP servers, for libraries that register servers. The provider of registered servers implements it.
 *
 * Errors: ProblemError 404 `server_not_found`, 409 `server_already_exists`, 400 for invalid settings.
 */
export abstract class ServerHost {
  /** @throws ProblemError 400 for settings that are invalid for every server */
  abstract check(settings: ServerSettings): void;
  abstract find(tenant: string, name: string): HostedServer | undefined;
  /** Lists the servers of a tenant in ascending order of name. */
  abstract list(tenant: string): readonly (HostedServer & { readonly name: string })[];
  /** Reads a server from the store: another replica may have just changed it. */
  abstract findStored(tenant: string, name: string): Promise<HostedServer | undefined>;
  /** Returns the server as `GET /mcp/servers/:name` shows it to operators. */
  abstract view(tenant: string, name: string): StartedServer;
  /** Registers a server. Resolves when it is stored; its start continues in the background. */
  abstract register(tenant: string, name: string, settings: ServerSettings): Promise<unknown>;
  /** Resolves when the first start with the current settings has succeeded or failed, or the signal is aborted. */
  abstract settled(tenant: string, name: string, signal: AbortSignal): Promise<void>;
  /**
   * Starts the server with another version of its package beside the running one. Confidential settings and users' secrets stay, because
   * the package is the same destination. It switches when the new one has answered `initialize` and listed its
   * tools. Calls in flight finish on the old one.
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
  /** @returns a function that removes the hooks */
  abstract onDelete(hooks: DeletionHooks): () => void;
}
