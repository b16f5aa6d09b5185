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
import type { Listing } from './catalogue.js';
import { isConcerned } from './concerned.js';
import { digestOf } from './listing-digest.js';
import { isDue, isFresh, isShownStale, noteChange, noteFailure, noteSuccess, type Slot } from './listing-slot.js';
import { ListingSlots } from './listing-slots.js';
import { ListingSource, type Answer } from './listing-source.js';
import type { OtherReplicas } from './other-replicas.js';

/** Questions to one provider at a time that nobody waits for. */
const BACKGROUND_AT_ONCE = 4;
/** The share of its time to live by which a listing may go stale earlier: those that began together do not stay together. */
const JITTER = 0.1;
const { hits, misses } = countsOfCache('catalogue');

/**
 * The listings of one provider, cached per catalogue key, each fetched once at a time.
 *
 * A stale listing is shown while it is refreshed in the background; it stays while the provider fails (for an hour), and goes at
 * once when the provider refuses the user. Those who listen are told of each change.
 */
export class ProviderListings {
  private readonly logger = new Logger(ProviderListings.name);
  private readonly source: ListingSource;
  private readonly slots: ListingSlots;
  private readonly audience = new Audience();
  private readonly background = new PQueue({ concurrency: BACKGROUND_AT_ONCE });
  private readonly isSilent: boolean;
  private readonly others?: OtherReplicas;
  private closed = false;

  /**
   * @param ttlMs how long a listing is good of a provider that does not announce its changes
   * @param onUnused called with a listing that is shown to nobody any more
   * @param others not given: there are none
   */
  constructor(
    readonly provider: ToolProvider,
    private readonly ttlMs: number,
    onUnused: (listing: Listing) => void,
    others?: OtherReplicas,
  ) {
    this.isSilent = !notifiesChanges(provider) || provider.announcesOnlySome === true;
    this.others = this.isSilent ? others : undefined;
    this.source = new ListingSource(provider);
    this.slots = new ListingSlots(this.source.none, onUnused);
  }

  /** Answers at once where there is something to show: the warm path awaits nothing. */
  get(principal: Principal, requestId: string): Listing | Promise<Listing> {
    const slot = this.slots.use(this.keyOf(principal));
    const now = performance.now();
    if (isFresh(slot, now)) {
      hits.add();
      return slot.listing;
    }
    const isShown = isShownStale(slot, now);
    (isShown ? hits : misses).add();
    if (!isShown) return slot.pending ?? this.ask(slot, principal, requestId);
    this.refresh(slot, principal, requestId, now);
    return slot.listing;
  }

  /** Whether the listing is one that `onUnused` will be called with, or the one of those who see nothing. */
  shows(listing: Listing): boolean {
    return listing === this.source.none || this.slots.isShown(listing);
  }

  /**
   * Tells the listener of changes, and finds them: while it listens, the listing is refreshed without being asked for.
   * @returns a function that ends it
   */
  listen(listener: Listener): () => void {
    const key = this.keyOf(listener.principal);
    const leave = this.audience.add(key, listener);
    // Only a listing that was there before can be seen to change.
    if (!this.slots.peek(key)) this.refresh(this.slots.use(key), listener.principal, randomUUID(), performance.now());
    return leave;
  }

  /** The provider says that its tools are others now. @param key whose; undefined: everybody's whom `app` concerns */
  changed(key?: string, app?: ChangedApp): void {
    const now = performance.now();
    const slots = key === undefined ? this.slots.all() : [this.slots.peek(key)];
    for (const slot of slots) if (slot) noteChange(slot, now);
    this.audience.tell(key, (principal) => isConcerned(this.provider, principal, app));
  }

  /** Whether something else is shown here to a catalogue key than what another replica has just listed. */
  differs(key: string, digest: string): boolean {
    const slot = this.slots.peek(key);
    return slot !== undefined && slot.listed && !slot.announced && digestOf(slot.listing) !== digest;
  }

  /** Refreshes what is stale and listened to. A listing that was pushed out of memory is left alone: it would push out another. */
  refreshDue(now: number): void {
    for (const key of this.audience.keys()) {
      const slot = this.slots.peek(key);
      const principal = slot && isDue(slot, now) ? this.audience.spokesman(key, Date.now()) : undefined;
      if (slot && principal) this.refresh(slot, principal, randomUUID(), now);
    }
  }

  /** Ends what is under way: no refresh starts or counts any more. */
  close(): void {
    this.closed = true;
    this.background.clear();
    this.source.cancelAll();
  }

  private keyOf(principal: Principal): string {
    return sharesCatalogue(this.provider) ? this.provider.catalogueKey(principal) : principal.key;
  }

  private refresh(slot: Slot, principal: Principal, requestId: string, now: number): void {
    if (this.closed || slot.queued || !isDue(slot, now)) return;
    slot.queued = true;
    void this.background.add(async () => {
      slot.queued = false;
      // What a principal may see can have changed meanwhile: nobody else is to be shown it in the place of what was.
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

  /** For those who asked before a change: what is shown now, or what they asked for where nobody has asked since. */
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

  /** Those who are told list again, at any replica: all have to know by then. */
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

  /** A provider that fails drops only its own tools. */
  private failed(slot: Slot, error: unknown, principal: Principal, requestId: string): void {
    const isRefused = isRefusal(error) && !hasExpired(principal, Date.now());
    const isShown = noteFailure(slot, error, isRefused, performance.now());
    if (!isShown) this.slots.show(slot, this.source.none);
    if (slot.failures > 1) return;
    this.logger.warn({ msg: 'a provider cannot list its tools', provider: this.provider.id, requestId, err: error });
  }
}

/** Whether the provider says that this user may not see its tools (any more). */
const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && (error.code === 'permission_denied' || error.code === 'reauth_required');
