import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Store } from '@manifold/store';
import { newDataKey, unwrapDataKey, wrapDataKey } from '../data-key-wrapping.js';
import { allKeys, DataKeys, type DataKeysRecord, type WrappedDataKey } from '../data-keys.js';
import { Keyring } from '../keyring.js';
import { MasterKeySource } from '../master-keys/master-key-source.js';
import type { SealedRecords } from '../sealed-records.js';
import { announced, isUnfinished, outdated, promoted, pruned, retired } from './key-steps.js';
import { Resealing, type SealedCount } from './resealing.js';

/** How long a key is kept on when nothing stored needs it: longer than anything that is sealed and not stored is good. Milliseconds. */
export const RETIRED_KEY_GRACE_MS = 24 * 3600 * 1000;
/** Every process has looked at the keys after so many of its intervals, even if it missed a beat. */
const SETTLE_INTERVALS = 3;

/** What a rotation works on, and whom it tells. */
export interface RotationWork {
  readonly collections: readonly SealedRecords[];
  note(line: string): void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface RotationResult {
  /** Of the data key in use. */
  readonly keyId: string;
  /** How many records were sealed anew. */
  readonly resealed: number;
  /** How many older keys were removed. */
  readonly pruned: number;
  /** `<collection> <id>` of records that do not open under any key. */
  readonly unreadable: readonly string[];
}

/** What a rotation would do. */
export interface RotationPlan {
  /** Whether it would go on with one that did not come to its end. */
  readonly isUnfinished: boolean;
  readonly counts: readonly SealedCount[];
  /** How many data keys would be wrapped under the master key in use. */
  readonly rewrapped: number;
  /** How many retired keys would be removed. */
  readonly pruned: number;
}

/**
 * Changes keys while gateways run on the same store.
 *
 * 1. All data keys are wrapped under the master key in use. 2. A new data key is announced; after three intervals every process knows it.
 * 3. It becomes the one in use; after three more nobody seals under the old one. 4. What is stored is sealed under it, until nothing is
 * left. 5. The old key is retired, and removed by a later run, a day after.
 *
 * It may end at any point, and any number may run: each goes on from what the store shows. Errors: those of the store and of the source
 * of master keys.
 */
@Injectable()
export class SecretsRotation {
  constructor(
    private readonly masterKeys: MasterKeySource,
    private readonly dataKeys: DataKeys,
    private readonly keyring: Keyring,
    private readonly store: Store,
    private readonly config: Config,
  ) {}

  /** Writes nothing. */
  async plan({ collections, note, now }: RotationWork): Promise<RotationPlan> {
    const keys = await this.keys();
    const resealing = new Resealing(this.store, this.keyring, note);
    const counts: SealedCount[] = [];
    for (const collection of collections) counts.push(await resealing.count(collection));
    const masterKeyId = await this.masterKeys.currentId();
    return {
      isUnfinished: isUnfinished(keys),
      counts,
      rewrapped: allKeys(keys).filter((key) => key.masterKeyId !== masterKeyId).length,
      pruned: outdated(keys, now(), RETIRED_KEY_GRACE_MS).length,
    };
  }

  async rotate(work: RotationWork): Promise<RotationResult> {
    await this.rewrap(work);
    await this.announce(work);
    await this.promote(work);
    return this.finish(work);
  }

  /** Removes retired keys whose time is over, and makes no new one. What is left under an old key by any chance is sealed anew before. */
  async prune(work: RotationWork): Promise<RotationResult> {
    if (isUnfinished(await this.keys()))
      throw new Error('A rotation did not come to its end: run rotate-secrets first');
    return this.finish(work);
  }

  private async rewrap({ note }: RotationWork): Promise<void> {
    const masterKeyId = await this.masterKeys.currentId();
    const again = async (key: WrappedDataKey): Promise<WrappedDataKey> => {
      if (key.masterKeyId === masterKeyId) return key;
      note(`Data key ${key.keyId} is wrapped under master key ${masterKeyId}`);
      const bytes = await unwrapDataKey(this.masterKeys, key);
      return { ...key, ...(await wrapDataKey(this.masterKeys, key.keyId, bytes)) };
    };
    await this.dataKeys.change(async (keys) => {
      if (allKeys(keys).every((key) => key.masterKeyId === masterKeyId)) return undefined;
      const { next, previous } = keys;
      return {
        ...keys,
        ...(await again({ keyId: keys.keyId, wrapped: keys.wrapped, masterKeyId: keys.masterKeyId })),
        ...(next && { next: await again(next) }),
        ...(previous && { previous: await Promise.all(previous.map(again)) }),
      };
    });
  }

  private async announce({ note }: RotationWork): Promise<void> {
    if (isUnfinished(await this.keys())) note('An earlier rotation did not come to its end: it goes on');
    const key = await newDataKey(this.masterKeys);
    await this.dataKeys.change((keys) => announced(keys, key));
  }

  private async promote({ note }: RotationWork): Promise<void> {
    const { next } = await this.keys();
    if (!next) return;
    note(`Data key ${next.keyId} is announced; it is used in ${this.settleMs / 1000} s, when every process knows it`);
    await sleep(this.settleMs);
    const keys = await this.dataKeys.change((now) => (now.next?.keyId === next.keyId ? promoted(now) : undefined));
    if (keys.keyId === next.keyId) return;
    throw new Error(
      'A gateway could not open the new data key and has refused it. Give all of them the same SECRETS_KEY first, then run this again',
    );
  }

  private async finish({ collections, note, now }: RotationWork): Promise<RotationResult> {
    await this.keyring.reload();
    const { current } = this.keyring;
    if (isUnfinished(await this.keys())) {
      note(`Data key ${current} is in use; in ${this.settleMs / 1000} s nobody seals under another one`);
      await sleep(this.settleMs);
    }
    const resealing = new Resealing(this.store, this.keyring, note);
    const resealed = await resealing.finish(collections);
    await this.dataKeys.change((keys) => retired(keys, current, now()));
    const gone = outdated(await this.keys(), now(), RETIRED_KEY_GRACE_MS).length;
    await this.dataKeys.change((keys) => pruned(keys, current, now(), RETIRED_KEY_GRACE_MS));
    return { keyId: current, resealed, pruned: gone, unreadable: [...resealing.unreadable] };
  }

  private get settleMs(): number {
    return SETTLE_INTERVALS * this.config.secrets.refreshMs;
  }

  private async keys(): Promise<DataKeysRecord> {
    const keys = await this.dataKeys.read();
    if (!keys) throw new Error('The store has no data keys');
    return keys;
  }
}
