import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import { notifiesChanges, openCall, sharesCatalogue, type ToolProvider } from '@manifold/tool-provider';
import type { Listing } from './catalogue.js';

/** How long a listing is good of a provider that does not say when it changes. */
const TIME_TO_LIVE_MS = 60_000;
/** A provider that cannot list is asked again after this time, not on each request. */
const RETRY_AFTER_FAILURE_MS = 1_000;
const LIST_TIMEOUT_MS = 30_000;
const MAX_LISTINGS = 10_000;

interface Slot {
  readonly listing?: Listing;
  /** Epoch milliseconds. */
  readonly staleAt: number;
  /** Of the provider's state: it grows with each change, and a listing that was under way then is not kept. */
  readonly generation: number;
  readonly pending?: Promise<Listing>;
}

/** The listings of one provider, cached per catalogue key, each fetched once at a time. */
export class ProviderListings {
  private readonly logger = new Logger(ProviderListings.name);
  private readonly slots = new LRUCache<string, Slot>({ max: MAX_LISTINGS });
  private readonly failed: Listing;
  private generation = 0;

  constructor(readonly provider: ToolProvider) {
    this.failed = { provider, tools: [] };
  }

  /** Answers at once where it can: the warm path awaits nothing. */
  get(principal: Principal, requestId: string): Listing | Promise<Listing> {
    const key = sharesCatalogue(this.provider) ? this.provider.catalogueKey(principal) : principal.key;
    const slot = this.slots.get(key);
    if (slot?.generation === this.generation) {
      if (slot.listing && Date.now() < slot.staleAt) return slot.listing;
      if (slot.pending) return slot.pending;
    }
    return this.refresh(key, principal, requestId);
  }

  invalidate(): void {
    this.generation += 1;
  }

  private refresh(key: string, principal: Principal, requestId: string): Promise<Listing> {
    const { generation } = this;
    const pending = this.fetch(principal, requestId).then((listing) => {
      if (generation === this.generation) this.slots.set(key, { listing, staleAt: this.staleAt(listing), generation });
      return listing;
    });
    this.slots.set(key, { staleAt: 0, pending, generation });
    return pending;
  }

  private staleAt(listing: Listing): number {
    if (listing === this.failed) return Date.now() + RETRY_AFTER_FAILURE_MS;
    return notifiesChanges(this.provider) ? Infinity : Date.now() + TIME_TO_LIVE_MS;
  }

  /** A provider that fails drops only its own tools. */
  private async fetch(principal: Principal, requestId: string): Promise<Listing> {
    const call = openCall({ principal, requestId, timeoutMs: LIST_TIMEOUT_MS });
    try {
      return { provider: this.provider, tools: await this.provider.listTools(call.context) };
    } catch (error) {
      this.logger.warn({ msg: 'a provider cannot list its tools', provider: this.provider.id, requestId, err: error });
      return this.failed;
    } finally {
      call.close();
    }
  }
}
