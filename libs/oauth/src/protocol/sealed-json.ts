import type { Keyring } from '@manifold/secrets';

/** Sealed value in a record. */
export type Sealed = { keyId: string; sealed: string };

/** @param context the context that the value is bound to; it does not open in another context (threat 39) */
export const sealJson = (keyring: Keyring, value: object, context: readonly string[]): Sealed =>
  keyring.seal(JSON.stringify(value), context);

/** @throws Error for another key, another context or a changed text; errors of the store */
export async function openJson<T>(keyring: Keyring, sealed: Sealed, context: readonly string[]): Promise<T> {
  return JSON.parse(await keyring.open(sealed, context)) as T;
}
