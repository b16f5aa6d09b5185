import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Bus } from '@manifold/bus';
import { Store, type CollectionSpec } from '@manifold/store';
import type { ChangedApp, RawObject } from '@manifold/tool-provider';
import { LearnedRecords } from '../learned-records.js';
import { serverKey } from '../server-record.js';
import type { Offer } from '../upstream/index.js';

/** What a server says of itself when it is connected (MCP, `InitializeResult`). */
export interface Introduction {
  readonly capabilities: RawObject;
  readonly instructions?: string;
  readonly serverInfo?: RawObject;
}

/** What is known of a server beside its tools. */
export interface KnownFeatures {
  readonly introduction: Introduction;
  readonly offer: Offer;
}

/** Each as JSON text: compared as a whole, and kept as the server gave it. */
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

/** To whom nothing is offered beside tools. */
export const NOTHING: Offer = { resources: [], templates: [], prompts: [] };

/** Of all offers to single users together, in characters of JSON. */
const MAX_OWN = 64 * 1024 * 1024;

export type Changing = 'resources' | 'prompts';

export type ChangeListener = (changed: ChangedApp) => void;

/**
 * What all registered servers offered last beside tools: in memory, and in the store so that it is there before any process runs. What
 * a server offers to a single user is nobody else's business, and is in memory only.
 */
@Injectable()
export class ServerFeatures implements OnModuleInit {
  private readonly logger = new Logger(ServerFeatures.name);
  private readonly known = new Map<string, KnownFeatures>();
  private readonly listeners = { resources: new Set<ChangeListener>(), prompts: new Set<ChangeListener>() };
  private readonly own = new LRUCache<string, Offer>({ maxSize: MAX_OWN });
  private records: LearnedRecords<FeaturesRecord>;

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
  ) {}

  async onModuleInit(): Promise<void> {
    this.records = new LearnedRecords(SERVER_FEATURES, this.store, this.bus);
    for (const record of await this.records.load((...learned) => this.learnedElsewhere(...learned))) {
      this.known.set(serverKey(record.tenant, record.name), featuresOf(record));
    }
  }

  /** Undefined: the server was never asked. */
  of(tenant: string, name: string): KnownFeatures | undefined {
    return this.known.get(serverKey(tenant, name));
  }

  /** Takes over what a server says. Resolves when it is stored; a store that fails is logged, what was learned is used all the same. */
  async learn(tenant: string, name: string, features: KnownFeatures): Promise<void> {
    const record = recordOf(tenant, name, features);
    const before = this.records.get(tenant, name);
    if (before && isSame(before, record)) return;
    this.known.set(serverKey(tenant, name), features);
    if (before?.resources !== record.resources || before.templates !== record.templates)
      this.announce('resources', { tenant, app: name });
    if (before?.prompts !== record.prompts) this.announce('prompts', { tenant, app: name });
    try {
      await this.records.put(record);
    } catch (error) {
      this.logger.error({ msg: 'what a server offers could not be stored', server: name, err: error });
    }
  }

  /** @param owner key of the principal who asks, if the server serves it apart: what it is offered itself comes first */
  offerTo(tenant: string, name: string, owner: string | undefined): Offer | undefined {
    const own = owner === undefined ? undefined : this.own.get(ownKey(tenant, name, owner));
    return own ?? this.of(tenant, name)?.offer;
  }

  /** Whether it can be told what is offered to the owner without asking the server. */
  knows(tenant: string, name: string, owner: string | undefined): boolean {
    const known = this.of(tenant, name);
    if (!known || owner === undefined) return known !== undefined;
    const { introduction, offer } = known;
    const declaresAny = 'resources' in introduction.capabilities || 'prompts' in introduction.capabilities;
    return !declaresAny || !isEmpty(offer) || this.own.has(ownKey(tenant, name, owner));
  }

  /** Takes over what a single user is offered; undefined: it is no longer known. */
  learnOwn(tenant: string, name: string, owner: string, offer: Offer | undefined): void {
    const key = ownKey(tenant, name, owner);
    const before = JSON.stringify(this.offerTo(tenant, name, owner));
    if (offer) this.own.set(key, offer, { size: JSON.stringify(offer).length });
    else this.own.delete(key);
    if (JSON.stringify(this.offerTo(tenant, name, owner)) === before) return;
    this.announce('resources', { tenant, app: name });
    this.announce('prompts', { tenant, app: name });
  }

  async forget(tenant: string, name: string): Promise<void> {
    this.known.delete(serverKey(tenant, name));
    const prefix = ownKey(tenant, name, '');
    for (const key of this.own.keys()) if (key.startsWith(prefix)) this.own.delete(key);
    await this.records.remove(tenant, name);
  }

  /** @returns a function that ends the subscription */
  onChanged(what: Changing, listener: ChangeListener): () => void {
    this.listeners[what].add(listener);
    return () => this.listeners[what].delete(listener);
  }

  private learnedElsewhere(tenant: string, name: string, record: FeaturesRecord | undefined): void {
    if (record) this.known.set(serverKey(tenant, name), featuresOf(record));
    else this.known.delete(serverKey(tenant, name));
    this.announce('resources', { tenant, app: name });
    this.announce('prompts', { tenant, app: name });
  }

  private announce(what: Changing, changed: ChangedApp): void {
    for (const listener of this.listeners[what]) listener(changed);
  }
}

const ownKey = (tenant: string, name: string, owner: string): string => `${serverKey(tenant, name)}\0${owner}`;

const isEmpty = ({ resources, templates, prompts }: Offer): boolean =>
  resources.length + templates.length + prompts.length === 0;

const isSame = (one: FeaturesRecord, other: FeaturesRecord): boolean =>
  one.introduction === other.introduction &&
  one.resources === other.resources &&
  one.templates === other.templates &&
  one.prompts === other.prompts;

const recordOf = (tenant: string, name: string, { introduction, offer }: KnownFeatures): FeaturesRecord => ({
  tenant,
  name,
  introduction: JSON.stringify(introduction),
  resources: JSON.stringify(offer.resources),
  templates: JSON.stringify(offer.templates),
  prompts: JSON.stringify(offer.prompts),
});

const featuresOf = (record: FeaturesRecord): KnownFeatures => ({
  introduction: JSON.parse(record.introduction) as Introduction,
  offer: {
    resources: JSON.parse(record.resources) as readonly RawObject[],
    templates: JSON.parse(record.templates) as readonly RawObject[],
    prompts: JSON.parse(record.prompts) as readonly RawObject[],
  },
});
