import { LRUCache } from 'lru-cache';
import { Catalogue, type Listing } from './catalogue.js';

const MAX_CATALOGUES = 1_000;
/** Tools in all catalogues, at 1 to 2 KB of heap each. */
const MAX_TOOLS = 200_000;

/** One catalogue for each combination of listings that was seen: principals who see the same share it. */
export class Catalogues {
  private readonly known = new LRUCache<string, { readonly catalogue: Catalogue; readonly of: readonly Listing[] }>({
    max: MAX_CATALOGUES,
    maxSize: MAX_TOOLS,
    sizeCalculation: ({ catalogue }) => Math.max(1, catalogue.tools.length),
  });
  private readonly numbers = new WeakMap<Listing, number>();
  private lastNumber = 0;

  constructor(private readonly nameMax: number) {}

  of(listings: readonly Listing[]): Catalogue {
    const key = listings.map((listing) => this.numberOf(listing)).join('.');
    const known = this.known.get(key);
    if (known) return known.catalogue;
    const catalogue = new Catalogue(listings, this.nameMax);
    this.known.set(key, { catalogue, of: listings });
    return catalogue;
  }

  /** Nobody will ask for the listing's catalogues any more. */
  forget(listing: Listing): void {
    for (const [key, { of }] of [...this.known.entries()]) if (of.includes(listing)) this.known.delete(key);
  }

  private numberOf(listing: Listing): number {
    const known = this.numbers.get(listing);
    if (known !== undefined) return known;
    this.lastNumber += 1;
    this.numbers.set(listing, this.lastNumber);
    return this.lastNumber;
  }
}
