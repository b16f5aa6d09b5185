import { LRUCache } from 'lru-cache';
import type { Listing } from './catalogue.js';
import { newSlot, type Slot } from './listing-slot.js';

const MAX_SLOTS = 10_000;
/** Descriptors in all distinct listings, at 1 to 3 KB of heap each. What many principals share counts once. */
const MAX_TOOLS = 200_000;

/** The slots of one provider. Those that nobody has used for longest go first when there are too many, or too many tools in them. */
export class ListingSlots {
  private readonly slots = new LRUCache<string, Slot>({
    max: MAX_SLOTS,
    dispose: ({ listing }) => this.release(listing),
  });
  /** How many slots show each listing. */
  private readonly shown = new Map<Listing, number>();
  private tools = 0;

  /**
   * @param none what a new slot shows
   * @param onUnused called with a listing that no slot shows any more
   */
  constructor(
    private readonly none: Listing,
    private readonly onUnused: (listing: Listing) => void,
  ) {}

  /** Counts as a use. */
  use(key: string): Slot {
    return this.slots.get(key) ?? this.add(key);
  }

  peek(key: string): Slot | undefined {
    return this.slots.peek(key);
  }

  /** Whether any slot shows it. */
  isShown(listing: Listing): boolean {
    return this.shown.has(listing);
  }

  all(): Iterable<Slot> {
    return this.slots.values();
  }

  /** A slot that was removed meanwhile changes for those who hold it, and takes no room here. */
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
