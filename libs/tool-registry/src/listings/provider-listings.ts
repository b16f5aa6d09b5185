import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import PQueue from 'p-queue';
import type { Principal } from '@manifold/auth';
import { countsOfCache } from '@manifold/metrics';
import {
  notifiesChanges,
  ProviderError,
  sharesCatalogue,
  type ChangedApp,
  type ToolProvider,
} from '@manifold/tool-provider';
import { Audience, hasExpired, type Listener } from './audience.js';
import type { Listing } from '../catalogue/catalogue.js';
import { isAffected } from './affected.js';
import { digestOf } from './listing-digest.js';
import { isDue, isShownStale, noteChange, noteFailure, noteSuccess, type Slot } from './listing-slot.js';
import { ListingSlots } from './listing-slots.js';
import { ListingSource, type Answer } from './listing-source.js';
import type { OtherReplicas } from './other-replicas.js';

/** Maximum number of parallel background refreshes per provider. */
const BACKGROUND_AT_ONCE = 4;
/** Fraction of the time to live by which a listing may go stale earlier, so that listings are not refreshed all at once. */
const JITTER = 0.1;
const { hits, misses } = countsOfCache('catalogue');

/**
 * The listings of one provider, cached per catalogue key. Each key has at most one running fetch.
 *
 * A stale listing is shown while it is refreshed in the background. If the provider fails, the listing stays for up to an hour. If the
 * provider refuses the user, the listing is removed at once. Listeners are notified of each change.
 */
export class ProviderListings {
  private readonly logger = new Logger(ProviderListings.name);
  private readonly source: ListingSource;
  private readonly slots: ListingSlots;
  private readonly audience = new Audience();
  private readonly background = new PQueue({ concurrency: BACKGROUND_AT_ONCE });
  private readonly isSilent: boolean;
  /** Returns the catalogue key of a principal. */
  private readonly keyOf: (principal: Principal) => string;
  private readonly others?: OtherReplicas;
  private closed = false;

  /**
   * @param ttlMs time to live of a listing, for a provider that does not announce all its changes
   * @param onUnused called with a listing that is no longer in use
   * @param others the other replicas; undefined: there are none
   */
  constructor(
    readonly provider: ToolProvider,
    private readonly ttlMs: number,
    onUnused: (listing: Listing) => void,
    others?: OtherReplicas,
  ) {
    this.isSilent = !notifiesChanges(provider) || provider.announcesOnlySome === true;
    this.others = this.isSilent ? others : undefined;
    this.keyOf = sharesCatalogue(provider)
      ? (principal) => provider.catalogueKey(principal)
      : (principal) => principal.key;
    this.source = new ListingSource(provider);
    this.slots = new ListingSlots(this.source.none, onUnused);
  }

  /** Returns the principal's listing. If there is one to show, it is returned synchronously. */
  get(principal: Principal, requestId: string): Listing | Promise<Listing> {
    const slot = this.slots.use(this.keyOf(principal));
    const now = performance.now();
    if (now < slot.staleAt) {
      hits.add();
      return slot.listing;
    }
    const isShown = isShownStale(slot, now);
    (isShown ? hits : misses).add();
    if (!isShown) return slot.pending ?? this.ask(slot, principal, requestId);
    this.refresh(slot, principal, requestId, now);
    return slot.listing;
  }

  /** Returns whether a slot shows the listing (then `onUnused` will be called with it) or it is the provider's empty listing. */
  shows(listing: Listing): boolean {
    return listing === this.source.none || this.slots.isShown(listing);
  }

  /**
   * Notifies the listener of changes. While a listener is registered, the listing is refreshed regularly to detect changes.
   * @returns a function that removes the listener
   */
  listen(listener: Listener): () => void {
    const key = this.keyOf(listener.principal);
    const leave = this.audience.add(key, listener);
    // A change can only be detected against an earlier listing, so the first one is fetched now.
    if (!this.slots.peek(key)) this.refresh(this.slots.use(key), listener.principal, randomUUID(), performance.now());
    return leave;
  }

  /**
   * Marks listings as changed and notifies the listeners.
   * @param key catalogue key whose tools have changed; undefined: all keys
   * @param app scope of the change: only affected principals are notified
   */
  changed(key?: string, app?: ChangedApp): void {
    const now = performance.now();
    const slots = key === undefined ? this.slots.all() : [this.slots.peek(key)];
    for (const slot of slots) if (slot) noteChange(slot, now);
    this.audience.tell(key, (principal) => isAffected(this.provider, principal, app));
  }

  /** Returns whether this replica shows other tools for a catalogue key than another replica has just listed. */
  differs(key: string, digest: string): boolean {
    const slot = this.slots.peek(key);
    return slot !== undefined && slot.listed && !slot.announced && digestOf(slot.listing) !== digest;
  }

  /** Refreshes stale listings that have listeners. An evicted listing is not fetched again, because it would evict another one. */
  refreshDue(now: number): void {
    for (const key of this.audience.keys()) {
      const slot = this.slots.peek(key);
      const principal = slot && isDue(slot, now) ? this.audience.spokesman(key, Date.now()) : undefined;
      if (slot && principal) this.refresh(slot, principal, randomUUID(), now);
    }
  }

  /** Cancels running fetches. Later refreshes do not start, and late results are ignored. */
  close(): void {
    this.closed = true;
    this.background.clear();
    this.source.cancelAll();
  }

  private refresh(slot: Slot, principal: Principal, requestId: string, now: number): void {
    if (this.closed || slot.queued || !isDue(slot, now)) return;
    slot.queued = true;
    void this.background.add(async () => {
      slot.queued = false;
      // The catalogue key of the principal may have changed meanwhile: its tools must not be shown to the principals of the old key.
      const isOwn = this.slots.peek(slot.key) === slot && this.keyOf(principal) === slot.key;
      if (!isOwn || !isDue(slot, performance.now()) || hasExpired(principal, Date.now())) return;
      await this.ask(slot, principal, requestId);
    });
  }

  private ask(slot: Slot, principal: Principal, requestId: string): Promise<Listing> {
    const pending: Promise<Listing> = this.source.ask(principal, requestId, slot.listing).then((answer) => {
      if (slot.pending !== pending) return this.overtaken(slot, answer);
      slot.pending = undefined;
      if (!this.closed) this.take(slot, answer, principal, requestId);
      return slot.listing;
    });
    slot.pending = pending;
    return pending;
  }

  /**
   * Returns the listing for a request that began before a change: that of the newer fetch if one is running, else the fetched answer if no
   * newer fetch has started, else the current listing.
   */
  private overtaken(slot: Slot, answer: Answer): Listing | Promise<Listing> {
    if (slot.pending) return slot.pending;
    if (slot.announced && 'listing' in answer) return answer.listing;
    return slot.listing;
  }

  private take(slot: Slot, answer: Answer, principal: Principal, requestId: string): void {
    const { listing: before, announced } = slot;
    const isFirst = !slot.listed && slot.failures === 0;
    slot.announced = false;
    if ('listing' in answer) this.succeeded(slot, answer.listing);
    else this.failed(slot, answer.error, principal, requestId);
    if (isFirst && slot.listed) return this.others?.listed(slot.key, digestOf(slot.listing));
    const changed = 'listing' in answer ? answer.changed : slot.listing !== before;
    if (changed && !isFirst && !announced) this.found(slot.key);
  }

  /** Notifies the other replicas first, then the listeners: a notified client may list again at any replica. */
  private found(key: string): void {
    if (!this.others) return this.audience.tell(key);
    void this.others.changed(key).then(() => {
      if (!this.closed) this.audience.tell(key);
    });
  }

  private succeeded(slot: Slot, listing: Listing): void {
    if (slot.failures > 0) {
      this.logger.log({ msg: 'a provider lists its tools again', provider: this.provider.id, after: slot.failures });
    }
    const lifetime = this.isSilent ? this.ttlMs * (1 - Math.random() * JITTER) : Infinity;
    noteSuccess(slot, performance.now() + lifetime);
    this.slots.show(slot, listing);
  }

  /** Records a failure. A failing provider affects only its own tools. */
  private failed(slot: Slot, error: unknown, principal: Principal, requestId: string): void {
    const isRefused = isRefusal(error) && !hasExpired(principal, Date.now());
    const isShown = noteFailure(slot, error, isRefused, performance.now());
    if (!isShown) this.slots.show(slot, this.source.none);
    if (slot.failures > 1) return;
    this.logger.warn({ msg: 'a provider cannot list its tools', provider: this.provider.id, requestId, err: error });
  }
}

/** Returns whether the error means that this user may not, or may no longer, see the provider's tools. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && (error.code === 'permission_denied' || error.code === 'reauth_required');
