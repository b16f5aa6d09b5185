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

/** A server as the gateway shows it. */
interface ServerView {
  readonly name: string;
  readonly url?: string;
  readonly command?: string;
  readonly args?: readonly string[];
}

/** Whether the gateway has a record. `other`: it has a server of this name that is another one. */
export type Presence = 'absent' | 'present' | 'other';

const HIDDEN = '[hidden]';

/** The gateway that gets the records. */
export class ImportTarget {
  private servers: Promise<ReadonlyMap<string, ServerView>> | undefined;
  private packages: Promise<ReadonlyMap<string, string>> | undefined;
  private readonly secrets = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(private readonly gateway: GatewayClient) {}

  /** Tells whether the gateway has a server, secret or connection already. It stays as it is. */
  async presenceOf({ kind, server, username = '', detail, request }: ImportItem): Promise<Presence> {
    this.servers ??= this.serverViews();
    const view = (await this.servers).get(server);
    if (!view) return 'absent';
    if (kind === 'server') return isSame(view, request!.body) ? 'present' : 'other';
    if (kind === 'package') return (await this.packageOf(server)) === request!.body.name ? 'present' : 'other';
    const isThere =
      kind === 'secret'
        ? (await this.secretsOf(username)).has(`${server}.${detail}`)
        : await this.isConnected(server, username);
    return isThere ? 'present' : 'absent';
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

  private async serverViews(): Promise<ReadonlyMap<string, ServerView>> {
    const { body } = await this.ask('/mcp/servers');
    return new Map((body.servers as ServerView[]).map((view) => [view.name, view]));
  }

  /** Returns the name of the package that a server runs. */
  private async packageOf(server: string): Promise<string | undefined> {
    this.packages ??= this.packageNames();
    return (await this.packages).get(server);
  }

  private async packageNames(): Promise<ReadonlyMap<string, string>> {
    const { body } = await this.ask('/packages');
    const packages = body.packages as { name: string; mcpServerId: string }[];
    return new Map(packages.map(({ name, mcpServerId }) => [mcpServerId, name]));
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
    if (status === 403 && ['insufficient_role', 'username_not_allowed'].includes(String(body.code))) {
      throw new AccessError('The API key needs the roles user, operator and service');
    }
    if (!response.ok) throw new Error(typeof body.error === 'string' ? body.error : `The gateway answered ${status}`);
    return { status, body };
  }
}

/** Error: the caller may not bring records over. */
export class AccessError extends Error {}

/** Tells whether a server gets what users have given the other gateway for one with these settings. */
function isSame(view: ServerView, settings: ImportRequest['body']): boolean {
  if (view.url !== undefined || settings.url !== undefined) return originOf(view.url) === originOf(settings.url);
  const [args = [], wanted = []] = [view.args, settings.args as readonly unknown[] | undefined];
  const isSameWord = (word: unknown, index: number): boolean => word === wanted[index] || String(word).includes(HIDDEN);
  return view.command === settings.command && args.length === wanted.length && args.every(isSameWord);
}

const originOf = (url: unknown): string | undefined => URL.parse(String(url))?.origin;

const warningsIn = (body: unknown): string[] => {
  const { warnings = [], warning } = (body ?? {}) as { warnings?: string[]; warning?: string };
  return warning === undefined ? warnings : [...warnings, warning];
};
