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

/** Milliseconds for which a retired key is kept. It is longer than the lifetime of any sealed text that is not stored. */
export const RETIRED_KEY_GRACE_MS = 24 * 3600 * 1000;
/** Number of refresh intervals after which every process has read the keys, even if it missed one interval. */
const SETTLE_INTERVALS = 3;

/** Collections that a rotation reseals, the receiver of its progress lines, and its clock. */
export interface RotationWork {
  readonly collections: readonly SealedRecords[];
  note(line: string): void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface RotationResult {
  /** Id of the data key in use. */
  readonly keyId: string;
  /** Number of resealed records. */
  readonly resealed: number;
  /** Number of removed older keys. */
  readonly pruned: number;
  /** `<collection> <id>` of records that do not open under any key. */
  readonly unreadable: readonly string[];
}

/** Preview of a rotation. */
export interface RotationPlan {
  /** Whether the rotation would continue an unfinished one. */
  readonly isUnfinished: boolean;
  readonly counts: readonly SealedCount[];
  /** Number of data keys that would be wrapped under the master key in use. */
  readonly rewrapped: number;
  /** Number of retired keys that would be removed. */
  readonly pruned: number;
}

/**
 * Rotates keys while gateways run on the same store.
 *
 * 1. It wraps all data keys under the master key in use.
 * 2. It announces a new data key. After three intervals every process knows it.
 * 3. It makes the new key the key in use. After three more intervals no process seals under the old one.
 * 4. It seals stored texts under the new key until the only ones left under another key are those that do not open.
 * 5. It retires the old key. A later run removes it, a day after.
 *
 * A rotation may stop at any point, and several may run at the same time: each continues from the state in the store. Errors: those of the
 * store and of the source of master keys.
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

  /** Returns what a rotation would do. Writes nothing. */
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

  /**
   * Removes retired keys whose grace period is over, and creates no new key. Before that, it reseals any text that is still under an old
   * key.
   */
  async prune(work: RotationWork): Promise<RotationResult> {
    if (isUnfinished(await this.keys()))
      throw new Error('An earlier rotation is not finished: run rotate-secrets first');
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
    if (isUnfinished(await this.keys())) note('An earlier rotation is not finished: it continues');
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
      note(`Data key ${current} is in use; in ${this.settleMs / 1000} s no process seals under another one`);
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
