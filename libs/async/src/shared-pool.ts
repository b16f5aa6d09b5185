import { tupleKey } from './tuple-key.js';

/** A caller that takes places of a pool. */
export interface PlaceHolder {
  /** Key of the principal. */
  readonly key: string;
  readonly tenant: string;
  /** Key of the address, for a principal whose credential nobody has verified. */
  readonly source?: string;
}

/** The parts of a pool, in percent, that may be taken at a time. */
export interface PoolShares {
  readonly principal: number;
  readonly tenant: number;
  /** All unverified principals together. */
  readonly unverified: number;
}

/** The reason why a holder gets no place: the pool is full, or the holder's share is used up. */
export type PoolRefusal = 'full' | 'principal' | 'tenant' | 'address' | 'unverified';

interface Share {
  readonly name: string;
  readonly most: number;
  readonly refusal: PoolRefusal;
}

/** One address gets this part of the share of all unverified principals. */
const PART_OF_ADDRESS = 1 / 4;

/**
 * Counts the places of a pool that principals share. No principal and no tenant can take all of them. Principals that nobody has verified
 * can be made up in any number, so they share a small part, and are counted by address.
 */
export class SharedPool {
  private count = 0;
  private readonly counts = new Map<string, number>();

  constructor(
    readonly size: number,
    private readonly shares: PoolShares,
  ) {}

  get taken(): number {
    return this.count;
  }

  /** @returns undefined if the holder can get a place */
  refusal(holder: PlaceHolder): PoolRefusal | undefined {
    // Shares first: who has used up a share must not get a place that another one gives up.
    const used = this.sharesOf(holder).find(
      ({ name, most }) => most < this.size && (this.counts.get(name) ?? 0) >= most,
    );
    return used?.refusal ?? (this.count >= this.size ? 'full' : undefined);
  }

  /** Takes a place, whether or not there is a refusal. */
  take(holder: PlaceHolder): void {
    this.change(holder, 1);
  }

  /** @param holder the one that has taken the place, with the same key, tenant and address */
  release(holder: PlaceHolder): void {
    this.change(holder, -1);
  }

  private change(holder: PlaceHolder, change: 1 | -1): void {
    this.count += change;
    for (const { name } of this.sharesOf(holder)) {
      const count = (this.counts.get(name) ?? 0) + change;
      if (count === 0) this.counts.delete(name);
      else this.counts.set(name, count);
    }
  }

  private sharesOf({ key, tenant, source }: PlaceHolder): readonly Share[] {
    const { principal, tenant: ofTenant, unverified } = this.shares;
    if (source === undefined) {
      return [
        { name: tupleKey('principal', key), most: this.part(principal), refusal: 'principal' },
        { name: tupleKey('tenant', tenant), most: this.part(ofTenant), refusal: 'tenant' },
      ];
    }
    return [
      { name: tupleKey('address', source), most: this.part(unverified * PART_OF_ADDRESS), refusal: 'address' },
      { name: tupleKey('unverified'), most: this.part(unverified), refusal: 'unverified' },
    ];
  }

  private part(percent: number): number {
    return Math.ceil((this.size * percent) / 100);
  }
}
