import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayClient } from '../gateway-client.js';
import type { ImportItem, ImportRequest } from './import-item.js';

const POLL_MS = 1_000;
const ACCOUNT_STATES = ['connected', 'expired'];

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly id: string;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The gateway that gets the records. */
export class ImportTarget {
  private servers: Promise<ReadonlySet<string>> | undefined;
  private readonly secrets = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(private readonly gateway: GatewayClient) {}

  /** Returns whether the gateway has a record of this server, secret or connection already. It stays as it is. */
  async has({ kind, server, username = '', detail }: ImportItem): Promise<boolean> {
    this.servers ??= this.serverNames();
    if (!(await this.servers).has(server)) return false;
    if (kind === 'secret') return (await this.secretsOf(username)).has(`${server}.${detail}`);
    return kind === 'tokens' ? this.isConnected(server, username) : true;
  }

  /**
   * Brings a record over. An installation may take minutes.
   * @returns what the gateway warns of
   * @throws Error with the reason of the gateway
   */
  async send({ path, body }: ImportRequest): Promise<string[]> {
    const isLong = path === '/packages/install';
    const headers = { 'content-type': 'application/json', ...(isLong && { prefer: 'respond-async' }) };
    const answer = await this.ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return warningsIn(answer.status === 202 ? await this.resultOf(answer.body.job as Job) : answer.body);
  }

  private async resultOf(job: Job): Promise<unknown> {
    let current = job;
    while (current.status === 'running') {
      await sleep(POLL_MS);
      current = (await this.ask(`/packages/jobs/${job.id}`)).body.job as Job;
    }
    if (current.status === 'failed') throw new Error(current.error?.message ?? 'The installation failed');
    return current.result;
  }

  private async serverNames(): Promise<ReadonlySet<string>> {
    const { body } = await this.ask('/mcp/servers');
    return new Set((body.servers as { name: string }[]).map(({ name }) => name));
  }

  private secretsOf(username: string): Promise<ReadonlySet<string>> {
    const known = this.secrets.get(username) ?? this.secretNames(username);
    this.secrets.set(username, known);
    return known;
  }

  private async secretNames(username: string): Promise<ReadonlySet<string>> {
    const { body } = await this.ask(`/mcp/user/servers?${new URLSearchParams({ username }).toString()}`);
    const servers = body.servers as { name: string; configuredSecretNames: string[] }[];
    return new Set(
      servers.flatMap(({ name, configuredSecretNames }) => configuredSecretNames.map((it) => `${name}.${it}`)),
    );
  }

  private async isConnected(server: string, username: string): Promise<boolean> {
    const query = new URLSearchParams({ username }).toString();
    const { body } = await this.ask(`/mcp/servers/${encodeURIComponent(server)}/oauth?${query}`);
    return ACCOUNT_STATES.includes((body.connection as { state: string }).state);
  }

  /** @throws Error with the reason of the gateway */
  private async ask(path: string, init?: RequestInit): Promise<Answer> {
    const response = await this.gateway.fetch(path, init);
    const { status } = response;
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (status === 401) throw new AccessError('The gateway wants an API key: set MANIFOLD_TOKEN');
    if (status === 403 && ['forbidden', 'username_not_allowed'].includes(String(body.code))) {
      throw new AccessError('The API key needs the roles user, operator and service');
    }
    if (!response.ok) throw new Error(typeof body.error === 'string' ? body.error : `The gateway answered ${status}`);
    return { status, body };
  }
}

/** Error: the caller may not bring records over. */
export class AccessError extends Error {}

const warningsIn = (body: unknown): string[] => {
  const { warnings = [], warning } = (body ?? {}) as { warnings?: string[]; warning?: string };
  return warning === undefined ? warnings : [...warnings, warning];
};
