import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import type { ChangedApp, ToolDefinition } from '@manifold/tool-provider';
import { LearnedRecords } from './learned-records.js';
import { serverKey } from './server-record.js';

/** The tools that a server listed last, as JSON text: compared as a whole, and kept as the server gave them. */
type ToolsRecord = {
  tenant: string;
  name: string;
  definitions: string;
  /** What it listed to a client that can be asked, where somebody wanted to know. */
  forClients?: string;
  /** The version of the configuration that did so. */
  exploredVersion?: string;
};

const SERVER_TOOLS: CollectionSpec<ToolsRecord> = {
  name: 'mcp_server_tools',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

type Listener = (changed: ChangedApp) => void;

/** The tools of one server, in the server's own order. */
export interface KnownTools {
  readonly definitions: readonly ToolDefinition[];
  readonly names: ReadonlySet<string>;
  /** Those among them that are there only for clients that can be asked. */
  readonly onlyForClients: ReadonlySet<string>;
}

/** The tools of all registered servers as last listed: in memory, and in the store so that they are there before any process runs. */
@Injectable()
export class ServerTools implements OnModuleInit {
  private readonly logger = new Logger(ServerTools.name);
  private records: LearnedRecords<ToolsRecord>;
  private readonly known = new Map<string, { readonly record: ToolsRecord; readonly tools: KnownTools }>();
  private readonly listeners = new Set<Listener>();
  private readonly serverListeners = new Set<Listener>();

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
  ) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(SERVER_TOOLS, this.store, this.bus);
    for (const record of await this.records.load((...learned) => this.learnedElsewhere(...learned)))
      this.remember(record);
  }

  /** Undefined: the server was never listed. */
  of(tenant: string, name: string): KnownTools | undefined {
    return this.known.get(serverKey(tenant, name))?.tools;
  }

  /** The version of the configuration of which `learnForClients` told last. */
  exploredVersion(tenant: string, name: string): string | undefined {
    return this.known.get(serverKey(tenant, name))?.record.exploredVersion;
  }

  /** Takes over what a server listed. Resolves when it is stored; a store that fails is logged, the tools are used all the same. */
  async learn(tenant: string, name: string, definitions: readonly ToolDefinition[]): Promise<void> {
    await this.keep(tenant, name, { definitions: JSON.stringify(definitions) });
  }

  /** The same for what it listed to a client that can be asked. */
  async learnForClients(
    tenant: string,
    name: string,
    definitions: readonly ToolDefinition[],
    exploredVersion: string,
  ): Promise<void> {
    await this.keep(tenant, name, { forClients: JSON.stringify(definitions), exploredVersion });
  }

  /** The server was tried: its tools are known from now on, if only as none, unless somebody else has listed some. */
  async introduce(tenant: string, name: string): Promise<void> {
    if (this.of(tenant, name)) return;
    const record: ToolsRecord = { tenant, name, definitions: '[]' };
    this.remember(record);
    this.announce(this.listeners, { tenant, app: name });
    try {
      await this.records.putFirst(record);
    } catch (error) {
      this.logger.error({ msg: 'that a server was tried could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.known.delete(serverKey(tenant, name));
    await this.records.remove(tenant, name);
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Hears when servers come or go, and with them all that they offer. @returns a function that ends the subscription */
  onServersChanged(listener: Listener): () => void {
    this.serverListeners.add(listener);
    return () => this.serverListeners.delete(listener);
  }

  /** Servers have come or gone: what principals can use is no longer what it was. */
  announceChange(changed: ChangedApp): void {
    this.announce(this.listeners, changed);
    this.announce(this.serverListeners, changed);
  }

  /** The tools are those that they were, but principals are shown something else of them. */
  announceOtherTools(changed: ChangedApp): void {
    this.announce(this.listeners, changed);
  }

  private async keep(tenant: string, name: string, learned: Partial<ToolsRecord>): Promise<void> {
    const before = this.known.get(serverKey(tenant, name));
    const record = { definitions: '[]', ...before?.record, ...learned, tenant, name };
    const stored = this.records.get(tenant, name);
    if (before && stored && isSame(before.record, record) && isSame(stored, record)) return;
    if (this.remember(record) !== before?.tools) this.announce(this.listeners, { tenant, app: name });
    try {
      await this.records.put(record);
    } catch (error) {
      this.logger.error({ msg: 'the tools of a server could not be stored', server: name, err: error });
    }
  }

  private learnedElsewhere(tenant: string, name: string, record: ToolsRecord | undefined): void {
    const before = this.of(tenant, name);
    const tools = record && this.remember(record);
    if (!record) this.known.delete(serverKey(tenant, name));
    if (tools !== before) this.announce(this.listeners, { tenant, app: name });
  }

  private remember(record: ToolsRecord): KnownTools {
    const key = serverKey(record.tenant, record.name);
    const before = this.known.get(key);
    const isListedAlike =
      before?.record.definitions === record.definitions && before.record.forClients === record.forClients;
    const tools = isListedAlike ? before.tools : knownTools(record);
    this.known.set(key, { record, tools });
    return tools;
  }

  private announce(listeners: ReadonlySet<Listener>, changed: ChangedApp): void {
    for (const listener of listeners) listener(changed);
  }
}

const isSame = (one: ToolsRecord, other: ToolsRecord): boolean =>
  one.definitions === other.definitions &&
  one.forClients === other.forClients &&
  one.exploredVersion === other.exploredVersion;

/** The tools for everybody in the server's own order, and after them those for clients that can be asked. */
function knownTools({ definitions, forClients = '[]' }: ToolsRecord): KnownTools {
  const forAll = JSON.parse(definitions) as ToolDefinition[];
  const names = new Set(forAll.map(({ name }) => name));
  const more = (JSON.parse(forClients) as ToolDefinition[]).filter(({ name }) => !names.has(name));
  const onlyForClients = new Set(more.map(({ name }) => name));
  return { definitions: [...forAll, ...more], names: new Set([...names, ...onlyForClients]), onlyForClients };
}
