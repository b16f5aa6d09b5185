import type { Keyring } from '@manifold/secrets';

/** How a sealed value lies in a record. */
export type Sealed = { keyId: string; sealed: string };

/** @param context what the value belongs to: it opens nowhere else (threat 39) */
export const sealJson = (keyring: Keyring, value: object, context: readonly string[]): Sealed =>
  keyring.seal(JSON.stringify(value), context);

/** @throws Error for another key, another context and a changed text; errors of the store */
export async function openJson<T>(keyring: Keyring, sealed: Sealed, context: readonly string[]): Promise<T> {
  return JSON.parse(await keyring.open(sealed, context)) as T;
}
