import { randomBytes } from 'node:crypto';
import type { WrappedDataKey } from './data-keys.js';
import type { MasterKeySource } from './master-keys/master-key-source.js';

const contextOf = (keyId: string): string[] => ['data key', keyId];

export async function newDataKey(masterKeys: MasterKeySource): Promise<WrappedDataKey> {
  const keyId = randomBytes(8).toString('hex');
  return wrapDataKey(masterKeys, keyId, randomBytes(32));
}

export async function wrapDataKey(masterKeys: MasterKeySource, keyId: string, bytes: Buffer): Promise<WrappedDataKey> {
  const { wrapped, masterKeyId } = await masterKeys.wrap(bytes, contextOf(keyId));
  return { keyId, wrapped, masterKeyId };
}

/** @throws WrongSecretsKeyError */
export const unwrapDataKey = (
  masterKeys: MasterKeySource,
  { keyId, wrapped, masterKeyId }: WrappedDataKey,
): Promise<Buffer> => masterKeys.unwrap(wrapped, contextOf(keyId), masterKeyId);
