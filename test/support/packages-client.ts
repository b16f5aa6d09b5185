import type { RestAnswer, RestClient, ServerView } from './rest-client.js';

export interface PackageView {
  readonly name: string;
  readonly version: string;
  readonly latestVersion?: string;
  readonly updateAvailable: boolean;
  readonly installPath: string;
  readonly venvPath?: string;
  readonly status: string;
  readonly mcpServerId: string;
  readonly enabled: boolean;
}

/** The body of `POST /packages/install`. Tests cast invalid bodies. */
export interface Installation {
  readonly name: string;
  readonly serverName: string;
  readonly [field: string]: unknown;
}

interface Installed {
  readonly package?: PackageView;
  readonly server?: ServerView;
  readonly warning?: string;
}

interface Accepted {
  readonly job: { readonly id: string; readonly status: string };
}

export interface JobEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

const ASYNC = { prefer: 'respond-async' };

/** Calls the routes of packages as one caller. */
export class PackagesClient {
  constructor(private readonly rest: RestClient) {}

  install(installation: Installation): Promise<RestAnswer<Installed>> {
    return this.rest.request('POST', '/packages/install', installation);
  }

  installAsync(installation: Installation): Promise<RestAnswer<Accepted>> {
    return this.rest.request('POST', '/packages/install', installation, ASYNC);
  }

  list(): Promise<RestAnswer<{ packages: PackageView[] }>> {
    return this.rest.request('GET', '/packages');
  }

  get(serverName: string, checkUpdates = false): Promise<RestAnswer<Installed>> {
    return this.rest.request('GET', `/packages/by-id/${serverName}${checkUpdates ? '?checkUpdates=true' : ''}`);
  }

  updates(serverName: string): Promise<RestAnswer<{ updates: object[] }>> {
    return this.rest.request('GET', `/packages/updates?name=${serverName}`);
  }

  upgrade(serverName: string, version?: string): Promise<RestAnswer<Installed>> {
    return this.rest.request('PUT', `/packages/${serverName}/upgrade`, version && { version });
  }

  upgradeAsync(serverName: string): Promise<RestAnswer<Accepted>> {
    return this.rest.request('PUT', `/packages/${serverName}/upgrade`, undefined, ASYNC);
  }

  remove(serverName: string): Promise<RestAnswer<object>> {
    return this.rest.request('DELETE', `/packages/${serverName}`);
  }

  /** Returns all events of a job, until it ends. */
  async events(job: string): Promise<JobEvent[]> {
    const text = await this.rest.text(`${job}/events`);
    return text
      .split('\n\n')
      .filter((block) => block.includes('data:'))
      .map((block) => ({
        event: /^event: (.*)$/m.exec(block)?.[1] ?? 'message',
        data: JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as Record<string, unknown>,
      }));
  }
}
