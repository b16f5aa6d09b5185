import { Injectable, Logger } from '@nestjs/common';
import { Store } from '@manifold/store';
import type { SealedRecords } from './sealed-records.js';

/** Seals what earlier versions of the gateway have stored in the clear. Runs at each start, before anything reads the records. */
@Injectable()
export class SealingUpgrade {
  private readonly logger = new Logger(SealingUpgrade.name);

  constructor(private readonly store: Store) {}

  /** Seals the confidential fields of these collections. Errors: those of the store and of the keyring. */
  async run(collections: readonly SealedRecords[]): Promise<void> {
    let sealed = 0;
    for (const { spec } of collections) sealed += await this.store.sealExisting(spec);
    if (sealed === 0) return;
    this.logger.log({ msg: 'confidential settings of an earlier version are now sealed', records: sealed });
    try {
      await this.store.wipeRemains();
    } catch (error) {
      const msg =
        'the database file may still contain confidential settings in the clear: run VACUUM when no other process uses it';
      this.logger.warn({ msg, err: error });
    }
  }
}
