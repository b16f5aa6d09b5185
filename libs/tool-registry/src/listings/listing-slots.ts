import { LRUCache } from 'lru-cache';
import type { Listing } from '../catalogue/catalogue.js';
import { newSlot, type Slot } from './listing-slot.js';

const MAX_SLOTS = 10_000;
/** Maximum number of descriptors in all distinct listings, at 1 to 3 KB of heap each. A shared listing counts once. */
const MAX_TOOLS = 200_000;

/** The slots of one provider. If there are too many slots or too many tools in them, the least recently used slots are removed. */
export class ListingSlots {
  private readonly slots = new LRUCache<string, Slot>({
    max: MAX_SLOTS,
    dispose: ({ listing }) => this.release(listing),
  });
  /** Number of slots that show each listing. */
  private readonly shown = new Map<Listing, number>();
  private tools = 0;

  /**
   * @param none listing of a new slot
   * @param onUnused called with a listing that no slot shows any more
   */
  constructor(
    private readonly none: Listing,
    private readonly onUnused: (listing: Listing) => void,
  ) {}

  /** Returns the slot of the key, and creates it if necessary. The slot counts as recently used. */
  use(key: string): Slot {
    return this.slots.get(key) ?? this.add(key);
  }

  peek(key: string): Slot | undefined {
    return this.slots.peek(key);
  }

  /** Returns whether any slot shows the listing. */
  isShown(listing: Listing): boolean {
    return this.shown.has(listing);
  }

  all(): Iterable<Slot> {
    return this.slots.values();
  }

  /** Sets the listing of a slot. A slot that was removed meanwhile changes too, but no longer counts towards the limits. */
  show(slot: Slot, listing: Listing): void {
    if (slot.listing === listing) return;
    if (this.slots.peek(slot.key) === slot) {
      this.retain(listing);
      this.release(slot.listing);
    }
    slot.listing = listing;
    while (this.tools > MAX_TOOLS && this.slots.size > 1) this.slots.pop();
  }

  private add(key: string): Slot {
    const slot = newSlot(key, this.none);
    this.retain(slot.listing);
    this.slots.set(key, slot);
    return slot;
  }

  private retain(listing: Listing): void {
    const count = this.shown.get(listing) ?? 0;
    if (count === 0) this.tools += listing.tools.length;
    this.shown.set(listing, count + 1);
  }

  private release(listing: Listing): void {
    const count = this.shown.get(listing) ?? 0;
    if (count > 1) {
      this.shown.set(listing, count - 1);
      return;
    }
    this.shown.delete(listing);
    this.tools -= listing.tools.length;
    this.onUnused(listing);
  }
}
