import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { newDataKey, unwrapDataKey } from './data-key-wrapping.js';
import { allKeys, DataKeys, type DataKeysRecord, type WrappedDataKey } from './data-keys.js';
import { MasterKeySource } from './master-keys/master-key-source.js';
import { seal, unseal } from './sealing.js';
import { UnknownKeyError, WrongSecretsKeyError } from './secrets-errors.js';

/** A key id that is not known makes the keys be read again, at most this often: clients may invent ids. Milliseconds. */
const READ_EVERY_MS = 1000;

/** A text as it is stored. */
export type SealedUnder = { readonly keyId: string; readonly sealed: string };

/**
 * The keys under which secrets are sealed: the operator's master key wraps random data keys, which are kept in the store.
 *
 * Lifecycle: `onModuleInit` unwraps all data keys, or makes the first one in an empty store. A wrong master key throws
 * WrongSecretsKeyError before anything has been written. From then on the keys are looked at every SECRETS_KEY_REFRESH_MS, so that a
 * rotation is noticed; a new key that does not open is taken back before it is used. A key that was once known stays known to this process, for what it keeps in memory.
 *
 * `seal` and `unseal` need no I/O.
 */
@Injectable()
export class Keyring implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Keyring.name);
  private readonly keys = new Map<string, Buffer>();
  private currentId?: string;
  private refreshing?: NodeJS.Timeout;
  private waiting?: Promise<void>;
  private lastRead = -Infinity;
  private isEnded = false;

  constructor(
    private readonly masterKeys: MasterKeySource,
    private readonly stored: DataKeys,
    private readonly config: Config,
  ) {}

  async onModuleInit(): Promise<void> {
    const record = (await this.stored.read()) ?? (await this.stored.create(await newDataKey(this.masterKeys)));
    await this.learn(record);
    this.refreshing = setInterval(() => void this.refresh(), this.config.secrets.refreshMs).unref();
  }

  onApplicationShutdown(): void {
    this.isEnded = true;
    clearInterval(this.refreshing);
  }

  /** The id of the key that texts are sealed under. */
  get current(): string {
    if (this.currentId === undefined) throw new Error('The keyring has not been started');
    return this.currentId;
  }

  /** @param context what the text belongs to; the key's id is added to it */
  seal(plain: string, context: readonly string[]): { keyId: string; sealed: string } {
    const keyId = this.current;
    return { keyId, sealed: seal(this.keys.get(keyId)!, Buffer.from(plain, 'utf8'), [...context, keyId]) };
  }

  /**
   * Opens a text that a client brought. One that is sealed under a key which this process has not heard of is refused, and opens as soon
   * as it has.
   * @throws UnknownKeyError; Error for another context and a changed text
   */
  unseal(keyId: string, sealed: string, context: readonly string[]): string {
    const key = this.keys.get(keyId);
    if (key) return unseal(key, sealed, [...context, keyId]).toString('utf8');
    if (this.currentId !== undefined) void this.nextRead().catch((error: unknown) => this.unreadable(error));
    throw new UnknownKeyError();
  }

  /**
   * Opens a text of the store. Where its key is not known, the keys are read again first.
   * @throws Error as `unseal` does; errors of the store
   */
  async open({ keyId, sealed }: SealedUnder, context: readonly string[]): Promise<string> {
    if (!this.keys.has(keyId)) await this.nextRead();
    return this.unseal(keyId, sealed, context);
  }

  /** Reads the stored keys. @throws WrongSecretsKeyError where a new one does not open; errors of the store */
  async reload(): Promise<void> {
    this.lastRead = performance.now();
    const record = await this.stored.read();
    if (!record) return;
    await this.learn({ ...record, next: undefined });
    if (record.next) await this.learnNext(record.next);
  }

  /** A process that could not open what others are about to seal says so in time. @throws WrongSecretsKeyError */
  private async learnNext(next: WrappedDataKey): Promise<void> {
    try {
      await this.learnKey(next);
    } catch (error) {
      if (error instanceof WrongSecretsKeyError) await this.stored.refuse(next.keyId);
      throw error;
    }
  }

  private async learn(record: DataKeysRecord): Promise<void> {
    for (const key of allKeys(record)) await this.learnKey(key);
    this.currentId = record.keyId;
  }

  private async learnKey(key: WrappedDataKey): Promise<void> {
    if (!this.keys.has(key.keyId)) this.keys.set(key.keyId, await unwrapDataKey(this.masterKeys, key));
  }

  /** A read that begins after this call: one for all who wait for it. */
  private nextRead(): Promise<void> {
    return (this.waiting ??= this.readInTurn());
  }

  private async readInTurn(): Promise<void> {
    await sleep(Math.max(0, this.lastRead + READ_EVERY_MS - performance.now()));
    this.waiting = undefined;
    if (!this.isEnded) await this.reload();
  }

  private async refresh(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      this.unreadable(error);
    }
  }

  private unreadable(error: unknown): void {
    if (!this.isEnded) this.logger.error({ msg: 'the data keys cannot be read again', err: error });
  }
}
