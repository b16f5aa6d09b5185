import { hkdfSync } from 'node:crypto';
import { seal, unseal } from '../sealing.js';
import { WrongSecretsKeyError } from '../secrets-errors.js';
import type { KeyTexts } from './key-texts.js';
import { MasterKeySource, type WrappedKey } from './master-key-source.js';

interface MasterKey {
  readonly id: string;
  readonly bytes: Buffer;
}

const KEY_BYTES = 32;
const ID_BYTES = 8;

const derive = (text: string, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', text, '', purpose, bytes));

/** Derives a master key from the operator's text (HKDF, RFC 5869). The id is derived separately, so it reveals nothing about the key. */
const masterKeyOf = (text: string): MasterKey => ({
  id: derive(text, 'manifold master key id 1', ID_BYTES).toString('hex'),
  bytes: derive(text, 'manifold master key 1', KEY_BYTES),
});

/** Master keys that this process itself holds and uses to wrap data keys (AES-256-GCM). */
export class LocalMasterKeys extends MasterKeySource {
  constructor(private readonly texts: KeyTexts) {
    super();
  }

  async currentId(): Promise<string> {
    const [current] = await this.texts.read();
    return masterKeyOf(current!).id;
  }

  async wrap(dataKey: Buffer, context: readonly string[]): Promise<WrappedKey> {
    const [current] = await this.texts.readOrMake();
    const { id, bytes } = masterKeyOf(current!);
    return { wrapped: seal(bytes, dataKey, context), masterKeyId: id };
  }

  async unwrap(wrapped: string, context: readonly string[], masterKeyId?: string): Promise<Buffer> {
    const keys = (await this.texts.read()).map(masterKeyOf);
    let cause: unknown;
    for (const { bytes } of keys.filter(({ id }) => masterKeyId === undefined || id === masterKeyId)) {
      try {
        return unseal(bytes, wrapped, context);
      } catch (error) {
        cause = error;
      }
    }
    const message =
      'The stored secrets were sealed under another key: start with the SECRETS_KEY that was used before, or name that in SECRETS_KEY_PREVIOUS';
    throw new WrongSecretsKeyError(message, { cause });
  }
}
