import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import type { ChangedApp, RawObject } from '@manifold/tool-provider';
import { learnedRecords, putLearned, type LearnedRecords, type ServerKey } from './learned-records.js';
import { serverKey, serverOwnerKey } from '../model/server-record.js';
import type { Primitives } from '@manifold/mcp-client';

/** The information that a server reports about itself when it is connected (MCP, `InitializeResult`). */
export interface Introduction {
  readonly capabilities: RawObject;
  readonly instructions?: string;
  readonly serverInfo?: RawObject;
}

/** The known features of a server in addition to its tools. */
export interface KnownFeatures {
  readonly introduction: Introduction;
  readonly primitives: Primitives;
}

/** The features as JSON texts. They are compared as a whole and kept as the server sent them. */
type FeaturesRecord = {
  tenant: string;
  name: string;
  introduction: string;
  resources: string;
  templates: string;
  prompts: string;
};

const SERVER_FEATURES: CollectionSpec<FeaturesRecord> = {
  name: 'mcp_server_features',
  indexes: [{ fields: ['tenant', 'name'], unique: true }],
};

/** The primitives of a server that has only tools. */
export const NOTHING: Primitives = { resources: [], templates: [], prompts: [] };

/** Maximum total size of the primitives that servers listed for single users, in characters of JSON. */
const MAX_OWN = 64 * 1024 * 1024;

export type Changing = 'resources' | 'prompts';

export type ChangeListener = (changed: ChangedApp) => void;

/**
 * The resources, resource templates and prompts that each registered server listed last. They are kept in memory, and in
 * the store so that they are known before any server runs. Primitives that a server lists for a single user are private to
 * that user and are kept in memory only.
 */
@Injectable()
export class ServerFeatures implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(ServerFeatures.name);
  private readonly known = new Map<string, KnownFeatures>();
  private readonly listeners = { resources: new Set<ChangeListener>(), prompts: new Set<ChangeListener>() };
  private readonly own = new LRUCache<string, Primitives>({ maxSize: MAX_OWN });
  private readonly records: LearnedRecords<FeaturesRecord>;

  constructor(store: Store, bus: Bus) {
    this.records = learnedRecords(SERVER_FEATURES, store, bus, (key) => this.onRemoteUpdate(key));
  }

  async onModuleInit(): Promise<void> {
    for (const key of await this.records.load()) this.takeOver(key);
  }

  onApplicationShutdown(): void {
    this.records.close();
  }

  /** Returns undefined if the server never listed its primitives. */
  of(tenant: string, name: string): KnownFeatures | undefined {
    return this.known.get(serverKey(tenant, name));
  }

  /**
   * Stores the features that a server reports. Resolves when they are stored. A failure of the store is only logged; the
   * new features are used all the same.
   */
  async update(tenant: string, name: string, features: KnownFeatures): Promise<void> {
    const record = recordOf(tenant, name, features);
    const before = this.records.peek({ tenant, name });
    if (before && isSame(before, record)) return;
    this.known.set(serverKey(tenant, name), features);
    if (before?.resources !== record.resources || before.templates !== record.templates)
      this.announce('resources', { tenant, app: name });
    if (before?.prompts !== record.prompts) this.announce('prompts', { tenant, app: name });
    try {
      await putLearned(this.records, record);
    } catch (error) {
      this.logger.error({ msg: 'failed to store the primitives of a server', server: name, err: error });
    }
  }

  /**
   * Returns the primitives for one caller.
   * @param owner key of the calling principal, if the server serves it apart. The primitives listed for this principal take
   *   precedence.
   */
  primitivesFor(tenant: string, name: string, owner: string | undefined): Primitives | undefined {
    const own = owner === undefined ? undefined : this.own.get(serverOwnerKey(tenant, name, owner));
    return own ?? this.of(tenant, name)?.primitives;
  }

  /** Returns whether the primitives for the owner are known without a request to the server. */
  knows(tenant: string, name: string, owner: string | undefined): boolean {
    const known = this.of(tenant, name);
    if (!known || owner === undefined) return known !== undefined;
    const { introduction, primitives } = known;
    const declaresAny = 'resources' in introduction.capabilities || 'prompts' in introduction.capabilities;
    return !declaresAny || !isEmpty(primitives) || this.own.has(serverOwnerKey(tenant, name, owner));
  }

  /** Sets the primitives of a single user. Undefined removes them. */
  updateOwn(tenant: string, name: string, owner: string, primitives: Primitives | undefined): void {
    const key = serverOwnerKey(tenant, name, owner);
    const before = JSON.stringify(this.primitivesFor(tenant, name, owner));
    if (primitives) this.own.set(key, primitives, { size: JSON.stringify(primitives).length });
    else this.own.delete(key);
    if (JSON.stringify(this.primitivesFor(tenant, name, owner)) === before) return;
    this.announce('resources', { tenant, app: name });
    this.announce('prompts', { tenant, app: name });
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.known.delete(serverKey(tenant, name));
    const prefix = serverOwnerKey(tenant, name, '');
    for (const key of this.own.keys()) if (key.startsWith(prefix)) this.own.delete(key);
    await this.records.remove({ tenant, name });
  }

  /** @returns a function that ends the subscription */
  onChanged(what: Changing, listener: ChangeListener): () => void {
    this.listeners[what].add(listener);
    return () => this.listeners[what].delete(listener);
  }

  private onRemoteUpdate({ tenant, name }: ServerKey): void {
    this.takeOver({ tenant, name });
    this.announce('resources', { tenant, app: name });
    this.announce('prompts', { tenant, app: name });
  }

  private takeOver({ tenant, name }: ServerKey): void {
    const record = this.records.peek({ tenant, name });
    if (record) this.known.set(serverKey(tenant, name), featuresOf(record));
    else this.known.delete(serverKey(tenant, name));
  }

  private announce(what: Changing, changed: ChangedApp): void {
    for (const listener of this.listeners[what]) listener(changed);
  }
}

const isEmpty = ({ resources, templates, prompts }: Primitives): boolean =>
  resources.length + templates.length + prompts.length === 0;

const isSame = (one: FeaturesRecord, other: FeaturesRecord): boolean =>
  one.introduction === other.introduction &&
  one.resources === other.resources &&
  one.templates === other.templates &&
  one.prompts === other.prompts;

const recordOf = (tenant: string, name: string, { introduction, primitives }: KnownFeatures): FeaturesRecord => ({
  tenant,
  name,
  introduction: JSON.stringify(introduction),
  resources: JSON.stringify(primitives.resources),
  templates: JSON.stringify(primitives.templates),
  prompts: JSON.stringify(primitives.prompts),
});

const featuresOf = (record: FeaturesRecord): KnownFeatures => ({
  introduction: JSON.parse(record.introduction) as Introduction,
  primitives: {
    resources: JSON.parse(record.resources) as readonly RawObject[],
    templates: JSON.parse(record.templates) as readonly RawObject[],
    prompts: JSON.parse(record.prompts) as readonly RawObject[],
  },
});
