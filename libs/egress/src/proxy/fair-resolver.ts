import type { LookupAddress } from 'node:dns';
import PQueue from 'p-queue';
import { AddressResolver } from '../address-resolver.js';
import { ProxyRefusal } from './proxy-refusal.js';

/**
 * Resolves the names of one client one after the other, so that names that are not answered hold up this client only. A few names of all
 * clients are resolved at a time.
 */
export class FairResolver extends AddressResolver {
  private readonly own = new PQueue({ concurrency: 1 });

  /**
   * @param all the queue of all clients
   * @param waiting how many names of this client may wait
   */
  constructor(
    private readonly inner: AddressResolver,
    private readonly all: PQueue,
    private readonly waiting: number,
  ) {
    super();
  }

  /** @throws ProxyRefusal if too many names wait */
  override async resolve(hostname: string): Promise<LookupAddress[]> {
    if (this.own.size >= this.waiting) {
      const words = `Too many names wait to be looked up for the egress proxy: at most ${this.waiting} of a server or install`;
      throw new ProxyRefusal('too_many_connections', words);
    }
    return this.own.add(() => this.all.add(() => this.inner.resolve(hostname)));
  }
}
