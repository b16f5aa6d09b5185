import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Store, StoreConflict, type Collection } from '@manifold/store';
import { existingMasterKey, masterKey } from './master-key.js';
import { seal, unseal } from './sealing.js';
import { WrongSecretsKeyError } from './secrets-errors.js';

type KeyRecord = {
  keyId: string;
  /** The data key, sealed under the master key. */
  wrapped: string;
};

interface DataKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** There is one data key for each store, so its record has a fixed id: of two processes that make one, only one can insert it. */
const RECORD_ID = 'data-key';

const wrapContext = (keyId: string): string[] => ['data key', keyId];

/**
 * The keys under which secrets are sealed: the operator's master key wraps a random data key, which is kept in the store.
 *
 * Lifecycle: `onModuleInit` unwraps the data key, or makes it in an empty store. A wrong master key throws WrongSecretsKeyError
 * before anything has been written. After that `seal` and `unseal` need no I/O.
 */
@Injectable()
export class Keyring implements OnModuleInit {
  private readonly keys: Collection<KeyRecord>;
  private dataKey?: DataKey;

  constructor(
    private readonly config: Config,
    store: Store,
  ) {
    this.keys = store.collection<KeyRecord>({ name: 'keys', secret: true });
  }

  async onModuleInit(): Promise<void> {
    const known = await this.keys.get(RECORD_ID);
    this.dataKey = known
      ? unwrap(known.value, await existingMasterKey(this.config))
      : await this.create(await masterKey(this.config));
  }

  /** @param context what the text belongs to; the key's id is added to it */
  seal(plain: string, context: readonly string[]): { readonly keyId: string; readonly sealed: string } {
    const { id, bytes } = this.current();
    return { keyId: id, sealed: seal(bytes, Buffer.from(plain, 'utf8'), [...context, id]) };
  }

  /** @throws Error for another key, another context and a changed text */
  unseal(keyId: string, sealed: string, context: readonly string[]): string {
    const { id, bytes } = this.current();
    if (keyId !== id) throw new Error('The key is not known');
    return unseal(bytes, sealed, [...context, keyId]).toString('utf8');
  }

  private current(): DataKey {
    if (!this.dataKey) throw new Error('The keyring has not been started');
    return this.dataKey;
  }

  private async create(master: Buffer): Promise<DataKey> {
    const made: DataKey = { id: randomBytes(8).toString('hex'), bytes: randomBytes(32) };
    const wrapped = seal(master, made.bytes, wrapContext(made.id));
    try {
      await this.keys.insert({ keyId: made.id, wrapped }, { id: RECORD_ID });
      return made;
    } catch (error) {
      const winner = error instanceof StoreConflict ? await this.keys.get(RECORD_ID) : undefined;
      if (!winner) throw error;
      return unwrap(winner.value, master);
    }
  }
}

function unwrap({ keyId, wrapped }: KeyRecord, master: Buffer): DataKey {
  try {
    return { id: keyId, bytes: unseal(master, wrapped, wrapContext(keyId)) };
  } catch (error) {
    const message = 'The stored secrets were sealed under another key: start with the SECRETS_KEY that was used before';
    throw new WrongSecretsKeyError(message, { cause: error });
  }
}
