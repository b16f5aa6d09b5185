import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
/** Length of the GCM tag, set for sealing and opening. Without it, Node accepts tags of four bytes, which can be guessed. */
const TAG_BYTES = 16;

/**
 * Encodes the context that a sealed text is bound to. As a JSON array, no two lists have the same encoding: `["a","b.c"]` differs from
 * `["a.b","c"]`.
 */
const encodeContext = (context: readonly string[]): Buffer => Buffer.from(JSON.stringify(context), 'utf8');

/**
 * Seals with AES-256-GCM under a random IV.
 * @param key 32 bytes
 * @param context must be the same when the text is opened
 * @returns base64 of IV, cipher text and tag
 */
export function seal(key: Buffer, plain: Buffer, context: readonly string[]): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(encodeContext(context));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws Error if key, context or sealed text are not those of `seal` */
export function unseal(key: Buffer, sealed: string, context: readonly string[]): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error('The sealed text is too short');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(encodeContext(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
