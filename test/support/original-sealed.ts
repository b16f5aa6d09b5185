import { createCipheriv, hash, randomBytes } from 'node:crypto';

/** Returns a value as an mcp-api stores it: `iv:tag:text` in hexadecimal digits, sealed under the digest of its SECRETS_KEY. */
export function sealed(value: string, secretsKey: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', hash('sha256', secretsKey, 'buffer'), iv);
  const text = Buffer.concat([cipher.update(value), cipher.final()]);
  return [iv, cipher.getAuthTag(), text].map((part) => part.toString('hex')).join(':');
}
