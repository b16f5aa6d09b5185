import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { newDataKey, unwrapDataKey } from './data-key-wrapping.js';
import { allKeys, DataKeys, type DataKeysRecord, type WrappedDataKey } from './data-keys.js';
import { MasterKeySource } from './master-keys/master-key-source.js';
import { seal, unseal } from './sealing.js';
import { UnknownKeyError, WrongSecretsKeyError } from './secrets-errors.js';

/** Minimum milliseconds between two reads of the keys because of an unknown key id. Clients may invent key ids. */
const READ_EVERY_MS = 1000;

/** Sealed text as it is stored. */
export type SealedUnder = { readonly keyId: string; readonly sealed: string };

/**
 * Provides the keys under which secrets are sealed. The operator's master key wraps random data keys, which are kept in the store.
 *
 * Lifecycle: `onModuleInit` unwraps all data keys, or creates the first one in an empty store. A wrong master key throws
 * WrongSecretsKeyError before anything has been written. After that, the keyring reads the keys every SECRETS_KEY_REFRESH_MS to notice a
 * rotation. If a new key does not open, the keyring withdraws it before it is used. The process keeps every key it has loaded, for texts
 * that it holds in memory.
 *
 * `seal` and `unseal` need no I/O.
 */
@Injectable()
export class Keyring implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Keyring.name);
  private readonly keys = new Map<string, Buffer>();
  private currentId?: string;
  private starting?: Promise<void>;
  private refreshing?: NodeJS.Timeout;
  private waiting?: Promise<void>;
  private lastRead = -Infinity;
  private isEnded = false;

  constructor(
    private readonly masterKeys: MasterKeySource,
    private readonly stored: DataKeys,
    private readonly config: Config,
  ) {}

  onModuleInit(): Promise<void> {
    return this.started();
  }

  /** Resolves when the keys are loaded. Starts the loading, if a module that is initialized earlier needs them. @throws WrongSecretsKeyError */
  started(): Promise<void> {
    return (this.starting ??= this.start());
  }

  private async start(): Promise<void> {
    const record = (await this.stored.read()) ?? (await this.stored.create(await newDataKey(this.masterKeys)));
    await this.learn(record);
    this.refreshing = setInterval(() => void this.refresh(), this.config.secrets.refreshMs).unref();
  }

  onApplicationShutdown(): void {
    this.isEnded = true;
    clearInterval(this.refreshing);
  }

  /** Returns the id of the key in use. */
  get current(): string {
    if (this.currentId === undefined) throw new Error('The keyring has not been started');
    return this.currentId;
  }

  /** @param context the context that the text is bound to; the key's id is added to it */
  seal(plain: string, context: readonly string[]): { keyId: string; sealed: string } {
    const keyId = this.current;
    return { keyId, sealed: seal(this.keys.get(keyId)!, Buffer.from(plain, 'utf8'), [...context, keyId]) };
  }

  /**
   * Opens a text that a client sent. If this process does not know its key yet, the text is refused, and the keys are read again so that a
   * later attempt can succeed.
   * @throws UnknownKeyError; Error for another context or a changed text
   */
  unseal(keyId: string, sealed: string, context: readonly string[]): string {
    const key = this.keys.get(keyId);
    if (key) return unseal(key, sealed, [...context, keyId]).toString('utf8');
    if (this.currentId !== undefined) void this.nextRead().catch((error: unknown) => this.unreadable(error));
    throw new UnknownKeyError();
  }

  /**
   * Opens a text of the store. If its key is unknown, the keys are read again first.
   * @throws Error as `unseal` does; errors of the store
   */
  async open({ keyId, sealed }: SealedUnder, context: readonly string[]): Promise<string> {
    if (!this.keys.has(keyId)) await this.nextRead();
    return this.unseal(keyId, sealed, context);
  }

  /**
   * Reads the stored keys.
   * @throws WrongSecretsKeyError if a new one does not open; errors of the store
   */
  async reload(): Promise<void> {
    this.lastRead = performance.now();
    const record = await this.stored.read();
    if (!record) return;
    await this.learn({ ...record, next: undefined });
    if (record.next) await this.learnNext(record.next);
  }

  /**
   * Loads an announced key. If it does not open, withdraws it before other processes seal under it.
   * @throws WrongSecretsKeyError
   */
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

  /** Returns a read that begins after this call. All callers that wait for it share it. */
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
    if (!this.isEnded) this.logger.error({ msg: 'failed to reload the data keys', err: error });
  }
}
