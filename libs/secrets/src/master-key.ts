import { hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@manifold/config';
import { WrongSecretsKeyError } from './secrets-errors.js';

const KEY_BYTES = 32;

const keyFile = (dataDir: string): string => join(dataDir, 'secrets.key');

/** The key that wraps data keys, of whatever an operator chose as SECRETS_KEY (HKDF, RFC 5869). */
const derive = (secretsKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretsKey, '', 'manifold master key 1', KEY_BYTES));

/**
 * The master key of a store that holds secrets already.
 * @throws WrongSecretsKeyError where it is set nowhere
 */
export async function existingMasterKey({ secretsKey, dataDir }: Config): Promise<Buffer> {
  const key = secretsKey ?? (await readKeyFile(keyFile(dataDir)));
  if (key !== undefined) return derive(key);
  throw new WrongSecretsKeyError(
    `The store holds secrets, but their key is missing: set SECRETS_KEY, or restore the file ${keyFile(dataDir)}`,
  );
}

/** The master key of a store without secrets. In development it is made where it is missing; the configuration demands it in production. */
export async function masterKey({ secretsKey, dataDir }: Config): Promise<Buffer> {
  if (secretsKey !== undefined) return derive(secretsKey);
  const file = keyFile(dataDir);
  const key = (await readKeyFile(file)) ?? (await createKeyFile(file, dataDir));
  return derive(key);
}

async function readKeyFile(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined || /^[\w-]{43}\s*$/.test(text)) return text?.trim();
  throw new WrongSecretsKeyError(`${file} does not hold a key`);
}

/**
 * The file appears under its name with its content, or not at all: two processes that start at once agree on the key of the first, and none
 * reads half a key.
 */
async function createKeyFile(file: string, dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${key}\n`);
    await handle.sync();
    await link(draft, file);
    return key;
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKeyFile(file) : undefined;
    if (winner === undefined) throw error;
    return winner;
  } finally {
    await handle.close();
    await rm(draft);
  }
}
