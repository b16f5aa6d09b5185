import { LRUCache } from 'lru-cache';
import { Catalogue, type Listing } from './catalogue.js';
import type { View } from './view.js';
import type { Namespaces } from '../uris/namespaces.js';

const MAX_CATALOGUES = 1_000;
/** Maximum number of tools in all catalogues, at 1 to 2 KB of heap each. */
const MAX_TOOLS = 200_000;

interface Known {
  readonly catalogue: Catalogue;
  readonly of: readonly Listing[];
}

const bounded = (dispose?: (gone: Known) => void): LRUCache<string, Known> =>
  new LRUCache({
    max: MAX_CATALOGUES,
    maxSize: MAX_TOOLS,
    sizeCalculation: ({ catalogue }) => Math.max(1, catalogue.tools.length),
    dispose,
  });

/**
 * Cache of catalogues: one for each combination of listings, and one for each view of it. Principals and sessions that see the same tools
 * share a catalogue. Clients choose views freely, so views have a separate cache: they can evict each other, but no whole catalogue.
 */
export class Catalogues {
  private readonly known: LRUCache<string, Known>;
  private readonly views = bounded();
  private readonly numbers = new WeakMap<Listing, number>();
  private lastNumber = 0;

  /**
   * @param isShown whether `forget` will be called with the listing later. Any other listing is out of date: a caller requested it before
   *   a change. Its catalogue is not cached
   * @param onUnused called with a whole catalogue that was removed from the cache
   */
  constructor(
    private readonly nameMax: number,
    private readonly namespaces: Namespaces,
    private readonly isShown: (listing: Listing) => boolean,
    onUnused: (catalogue: Catalogue) => void,
  ) {
    this.known = bounded(({ catalogue }) => onUnused(catalogue));
  }

  of(listings: readonly Listing[]): Catalogue {
    const key = this.keyOf(listings);
    const known = this.known.get(key);
    if (known) return known.catalogue;
    const catalogue = Catalogue.of(listings, this.nameMax, this.namespaces);
    this.keep(this.known, key, { catalogue, of: listings });
    return catalogue;
  }

  /** Returns the part of the catalogue that the view shows. */
  only(view: View, listings: readonly Listing[]): Catalogue {
    if (!view.apps) return this.of(listings);
    const key = `${this.keyOf(listings)} ${view.key}`;
    const known = this.views.get(key);
    if (known) return known.catalogue;
    const catalogue = this.of(listings).only(view);
    this.keep(this.views, key, { catalogue, of: listings });
    return catalogue;
  }

  /** Removes all catalogues of a listing that is no longer in use. */
  forget(listing: Listing): void {
    for (const cache of [this.known, this.views]) {
      for (const [key, { of }] of [...cache.entries()]) if (of.includes(listing)) cache.delete(key);
    }
  }

  private keep(cache: LRUCache<string, Known>, key: string, known: Known): void {
    if (known.of.every(this.isShown)) cache.set(key, known);
  }

  private keyOf(listings: readonly Listing[]): string {
    return listings.map((listing) => this.numberOf(listing)).join('.');
  }

  private numberOf(listing: Listing): number {
    const known = this.numbers.get(listing);
    if (known !== undefined) return known;
    this.lastNumber += 1;
    this.numbers.set(listing, this.lastNumber);
    return this.lastNumber;
  }
}
