import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import { ALL_CAPABILITIES } from '@manifold/mcp-client';
import type { ChangedApp, ToolDefinition } from '@manifold/tool-provider';
import { learnedRecords, putFirstLearned, putLearned, type LearnedRecords, type ServerKey } from './learned-records.js';
import { serverKey } from '../model/server-record.js';

/** The tools that a server listed last, as JSON text. They are compared as a whole and kept as the server sent them. */
type ToolsRecord = {
  tenant: string;
  name: string;
  definitions: string;
  /** The tools that the server listed for clients that accept requests, if they were ever requested. */
  forClients?: string;
  /** {@link ToolNeeds} as JSON text. */
  needs?: string;
  /** The version of the configuration that listed them. */
  exploredVersion?: string;
};

const SERVER_TOOLS: CollectionSpec<ToolsRecord> = {
  name: 'mcp_server_tools',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

type Listener = (changed: ChangedApp) => void;

/** The capabilities of clients of which a tool needs one, by the name of the tool. */
export type ToolNeeds = Readonly<Record<string, readonly string[]>>;

/** The tools that a server lists for clients that accept requests. */
export interface ToolsForClients {
  readonly definitions: readonly ToolDefinition[];
  readonly needs: ToolNeeds;
}

/** The tools of one server, in the server's own order. */
export interface KnownTools {
  readonly definitions: readonly ToolDefinition[];
  readonly names: ReadonlySet<string>;
  /** The names of those tools that are only for clients that accept requests. */
  readonly onlyForClients: ReadonlySet<string>;
  /** The capabilities of which each of these tools needs one. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

/**
 * The tools that each registered server listed last. They are kept in memory, and in the store so that they are known
 * before any server runs.
 */
@Injectable()
export class ServerTools implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ServerTools.name);
  private readonly records: LearnedRecords<ToolsRecord>;
  private readonly known = new Map<string, { readonly record: ToolsRecord; readonly tools: KnownTools }>();
  private readonly listeners = new Set<Listener>();
  private readonly serverListeners = new Set<Listener>();

  constructor(store: Store, bus: Bus) {
    this.records = learnedRecords(SERVER_TOOLS, store, bus, (key) => this.onRemoteUpdate(key));
  }

  async onModuleInit(): Promise<void> {
    for (const key of await this.records.load()) this.takeOver(key);
  }

  onApplicationShutdown(): void {
    this.records.close();
  }

  /** Returns undefined if the server never listed its tools. */
  of(tenant: string, name: string): KnownTools | undefined {
    return this.known.get(serverKey(tenant, name))?.tools;
  }

  /** Returns the configuration version of the last `updateForClients`. */
  exploredVersion(tenant: string, name: string): string | undefined {
    return this.known.get(serverKey(tenant, name))?.record.exploredVersion;
  }

  /**
   * Stores the tools that a server listed. Resolves when they are stored. A failure of the store is only logged; the tools
   * are used all the same.
   */
  async update(tenant: string, name: string, definitions: readonly ToolDefinition[]): Promise<void> {
    await this.keep(tenant, name, { definitions: JSON.stringify(definitions) });
  }

  /** Stores the tools that a server listed for clients that accept requests. */
  async updateForClients(
    tenant: string,
    name: string,
    { definitions, needs }: ToolsForClients,
    exploredVersion: string,
  ): Promise<void> {
    const forClients = JSON.stringify(definitions);
    await this.keep(tenant, name, { forClients, needs: JSON.stringify(needs), exploredVersion });
  }

  /**
   * Notes that a connection was attempted. If no tools of the server are known, it counts as having none, unless another
   * replica has stored some.
   */
  async markAttempted(tenant: string, name: string): Promise<void> {
    if (this.of(tenant, name)) return;
    const record: ToolsRecord = { tenant, name, definitions: '[]' };
    this.remember(record);
    this.announce(this.listeners, { tenant, app: name });
    try {
      if (!(await putFirstLearned(this.records, record))) this.onRemoteUpdate(record);
    } catch (error) {
      this.logger.error({ msg: 'failed to store the connection attempt', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.known.delete(serverKey(tenant, name));
    await this.records.remove({ tenant, name });
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Calls the listener when servers are added or removed, and with them everything that they offer.
   * @returns a function that ends the subscription
   */
  onServersChanged(listener: Listener): () => void {
    this.serverListeners.add(listener);
    return () => this.serverListeners.delete(listener);
  }

  /** Announces that servers were added or removed, or that principals can use other servers than before. */
  announceChange(changed: ChangedApp): void {
    this.announce(this.listeners, changed);
    this.announce(this.serverListeners, changed);
  }

  /** Announces that principals are shown the same tools in another form. */
  announceOtherTools(changed: ChangedApp): void {
    this.announce(this.listeners, changed);
  }

  private async keep(tenant: string, name: string, changes: Partial<ToolsRecord>): Promise<void> {
    const before = this.known.get(serverKey(tenant, name));
    const record = { definitions: '[]', ...before?.record, ...changes, tenant, name };
    const stored = this.records.peek({ tenant, name });
    if (before && stored && isSame(before.record, record) && isSame(stored, record)) return;
    if (this.remember(record) !== before?.tools) this.announce(this.listeners, { tenant, app: name });
    try {
      await putLearned(this.records, record);
    } catch (error) {
      this.logger.error({ msg: 'the tools of a server could not be stored', server: name, err: error });
    }
  }

  private onRemoteUpdate({ tenant, name }: ServerKey): void {
    const before = this.of(tenant, name);
    this.takeOver({ tenant, name });
    if (this.of(tenant, name) !== before) this.announce(this.listeners, { tenant, app: name });
  }

  private takeOver({ tenant, name }: ServerKey): void {
    const record = this.records.peek({ tenant, name });
    if (record) this.remember(record);
    else this.known.delete(serverKey(tenant, name));
  }

  private remember(record: ToolsRecord): KnownTools {
    const key = serverKey(record.tenant, record.name);
    const before = this.known.get(key);
    const tools = before && isListedAlike(before.record, record) ? before.tools : knownTools(record);
    this.known.set(key, { record, tools });
    return tools;
  }

  private announce(listeners: ReadonlySet<Listener>, changed: ChangedApp): void {
    for (const listener of listeners) listener(changed);
  }
}

const isListedAlike = (one: ToolsRecord, other: ToolsRecord): boolean =>
  one.definitions === other.definitions && one.forClients === other.forClients && one.needs === other.needs;

const isSame = (one: ToolsRecord, other: ToolsRecord): boolean =>
  isListedAlike(one, other) && one.exploredVersion === other.exploredVersion;

/**
 * Returns the tools for all clients in the server's own order, followed by those for clients that accept requests. Those whose needs are not
 * known need any of the capabilities.
 */
function knownTools({ definitions, forClients = '[]', needs: written = '{}' }: ToolsRecord): KnownTools {
  const forAll = JSON.parse(definitions) as ToolDefinition[];
  const names = new Set(forAll.map(({ name }) => name));
  const more = (JSON.parse(forClients) as ToolDefinition[]).filter(({ name }) => !names.has(name));
  const onlyForClients = new Set(more.map(({ name }) => name));
  const known = new Map(Object.entries(JSON.parse(written) as ToolNeeds));
  const needs = new Map([...onlyForClients].map((name) => [name, known.get(name) ?? ANY_CAPABILITY]));
  return { definitions: [...forAll, ...more], names: new Set([...names, ...onlyForClients]), onlyForClients, needs };
}

const ANY_CAPABILITY: readonly string[] = Object.keys(ALL_CAPABILITIES);
