import { createDecipheriv, hash } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Opens values as the other gateway seals them: with AES-256-GCM, under the SHA-256 digest of its SECRETS_KEY. */
export class OriginalSeal {
  private readonly key: Buffer;

  constructor(secretsKey: string) {
    this.key = hash('sha256', secretsKey, 'buffer');
  }

  /**
   * @param sealed `iv:tag:text` in hexadecimal digits
   * @returns undefined if the key does not open it, or if it is damaged
   */
  open(sealed: unknown): string | undefined {
    if (typeof sealed !== 'string') return undefined;
    const [iv, tag, text, ...others] = sealed.split(':').map((part) => Buffer.from(part, 'hex'));
    if (iv?.length !== IV_BYTES || tag?.length !== TAG_BYTES || text === undefined || others.length > 0)
      return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, iv, { authTagLength: TAG_BYTES }).setAuthTag(tag);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}
