import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Store, type CollectionSpec } from '@manifold/store';
import type { ToolDefinition } from '@manifold/tool-provider';
import { LearnedRecords } from './learned-records.js';
import { serverKey } from './server-record.js';

/** The tools that a server listed last, as JSON text: compared as a whole, and kept as the server gave them. */
type ToolsRecord = { tenant: string; name: string; definitions: string };

const SERVER_TOOLS: CollectionSpec<ToolsRecord> = {
  name: 'mcp_server_tools',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** The tools of one server, in the server's own order. */
export interface KnownTools {
  readonly definitions: readonly ToolDefinition[];
  readonly names: ReadonlySet<string>;
}

/** The tools of all registered servers as last listed: in memory, and in the store so that they are there before any process runs. */
@Injectable()
export class ServerTools implements OnModuleInit {
  private readonly logger = new Logger(ServerTools.name);
  private records: LearnedRecords<ToolsRecord>;
  private readonly known = new Map<string, KnownTools>();
  private readonly listeners = new Set<() => void>();
  private readonly serverListeners = new Set<() => void>();

  constructor(private readonly store: Store) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(this.store.collection(SERVER_TOOLS));
    for (const { tenant, name, definitions } of await this.records.load()) {
      this.known.set(serverKey(tenant, name), knownTools(JSON.parse(definitions) as ToolDefinition[]));
    }
  }

  /** Undefined: the server was never listed. */
  of(tenant: string, name: string): KnownTools | undefined {
    return this.known.get(serverKey(tenant, name));
  }

  /** Takes over what a server listed. Resolves when it is stored; a store that fails is logged, the tools are used all the same. */
  async learn(tenant: string, name: string, definitions: readonly ToolDefinition[]): Promise<void> {
    const text = JSON.stringify(definitions);
    if (this.records.get(tenant, name)?.definitions === text) return;
    this.known.set(serverKey(tenant, name), knownTools(definitions));
    this.announce(this.listeners);
    try {
      await this.records.put({ tenant, name, definitions: text });
    } catch (error) {
      this.logger.error({ msg: 'the tools of a server could not be stored', server: name, err: error });
    }
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.known.delete(serverKey(tenant, name));
    await this.records.remove(tenant, name);
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Hears when servers come or go, and with them all that they offer. @returns a function that ends the subscription */
  onServersChanged(listener: () => void): () => void {
    this.serverListeners.add(listener);
    return () => this.serverListeners.delete(listener);
  }

  /** Servers have come or gone: what principals can use is no longer what it was. */
  announceChange(): void {
    this.announce(this.listeners);
    this.announce(this.serverListeners);
  }

  /** The tools are those that they were, but principals are shown something else of them. */
  announceOtherTools(): void {
    this.announce(this.listeners);
  }

  private announce(listeners: ReadonlySet<() => void>): void {
    for (const listener of listeners) listener();
  }
}

const knownTools = (definitions: readonly ToolDefinition[]): KnownTools => ({
  definitions,
  names: new Set(definitions.map((definition) => definition.name)),
});
