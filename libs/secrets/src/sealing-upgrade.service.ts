import { Injectable, Logger } from '@nestjs/common';
import { changeRecord, Store, type Collection } from '@manifold/store';
import type { SealedRecords } from './sealed-records.js';

/** How far the upgrade of the database has come. */
type UpgradeState = {
  /** Names of the collections in which nothing is in the clear. */
  sealed: string[];
  /** Whether the database has kept nothing of what was in the clear in them. */
  isWiped: boolean;
};

const STATE_ID = 'sealing';

/**
 * Seals what earlier versions of the gateway have stored in the clear. Runs at each start, before anything reads the records.
 *
 * 1. The state is stored as unfinished. 2. The records of each collection are sealed. 3. The database wipes what it has kept of them.
 * 4. The state is stored as finished. After an interruption the next start continues, and wipes also if it finds nothing to seal itself.
 *
 * Later starts look again, because a restored backup brings records of an earlier version back and may leave the state. Only collections
 * whose records can be created again are then not read: they are large, and their records are soon gone.
 */
@Injectable()
export class SealingUpgrade {
  private readonly logger = new Logger(SealingUpgrade.name);
  private readonly states: Collection<UpgradeState>;

  constructor(private readonly store: Store) {
    this.states = store.collection<UpgradeState>({ name: 'sealing_upgrade' });
  }

  /** Seals the confidential fields of these collections. Errors: those of the store and of the keyring. */
  async run(collections: readonly SealedRecords[]): Promise<void> {
    const wanted = collections.filter(({ spec }) => spec.confidential).map(({ spec }) => spec);
    const before = (await this.states.get(STATE_ID))?.value;
    const left = wanted.filter(({ name, replaceable }) => !replaceable || !before?.sealed.includes(name));
    if (!before?.isWiped) await this.note(before?.sealed ?? [], false);
    let records = 0;
    for (const spec of left) records += await this.store.sealExisting(spec);
    const isNew = wanted.some(({ name }) => !before?.sealed.includes(name));
    if (before?.isWiped && records === 0 && !isNew) return;
    if (before?.isWiped) await this.note(before.sealed, false);
    if (records > 0) this.logger.log({ msg: 'confidential settings of an earlier version are now sealed', records });
    const wasInterrupted = before?.isWiped === false;
    const isWiped = (records === 0 && !wasInterrupted) || (await this.wipe());
    await this.note(
      wanted.map(({ name }) => name),
      isWiped,
    );
  }

  private async note(sealed: readonly string[], isWiped: boolean): Promise<void> {
    await changeRecord(this.states, STATE_ID, () => ({ sealed: [...sealed], isWiped }));
  }

  /** @returns whether the database did; if not, the next start tries again */
  private async wipe(): Promise<boolean> {
    try {
      await this.store.wipeRemains();
      return true;
    } catch (error) {
      const msg =
        'the database file may still contain confidential settings in the clear: the next start tries again to remove them, or run VACUUM when no other process uses it';
      this.logger.warn({ msg, err: error });
      return false;
    }
  }
}
