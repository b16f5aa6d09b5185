import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { BusSeal } from '@manifold/bus';
import { Keyring } from './keyring.js';
import { UnknownKeyError } from './secrets-errors.js';

/** Separator between the key id and the sealed text. Neither of them contains it. */
const SEPARATOR = '.';
/**
 * Milliseconds for which messages under a key that the store did not have are refused without a new read. A rotation announces its key to
 * all replicas long before it is used.
 */
const FOREIGN_MS = 60_000;

/** Seals messages between replicas under the data keys, which all replicas have. */
@Injectable()
export class KeyringBusSeal extends BusSeal {
  private readonly foreign = new LRUCache<string, true>({ max: 1_000, ttl: FOREIGN_MS });

  constructor(private readonly keyring: Keyring) {
    super();
  }

  seal(text: string, channel: string): string {
    const { keyId, sealed } = this.keyring.seal(text, contextOf(channel));
    return `${keyId}${SEPARATOR}${sealed}`;
  }

  async open(message: string, channel: string): Promise<string> {
    const [keyId = '', sealed = ''] = message.split(SEPARATOR);
    if (this.foreign.has(keyId)) throw new UnknownKeyError();
    try {
      return await this.keyring.open({ keyId, sealed }, contextOf(channel));
    } catch (error) {
      if (error instanceof UnknownKeyError) this.foreign.set(keyId, true);
      throw error;
    }
  }
}

const contextOf = (channel: string): string[] => ['bus', channel];
