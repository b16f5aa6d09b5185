import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';

/** Key id, a dot, and the sealed bytes in base64url. */
const SEALED = /^([0-9a-f]{1,64})\.([A-Za-z0-9_-]{1,1000})$/;

/**
 * Seals short texts that a client receives and later sends back, such as cursors and request states.
 *
 * The texts are encrypted with AES-256-GCM under the keyring's keys. They stay valid on every replica and after a restart. A text can
 * be opened only in the context for which it was sealed.
 */
@Injectable()
export class SealedText {
  constructor(private readonly keyring: Keyring) {}

  /** @param context purpose and owner of the text */
  seal(plain: string, context: readonly string[]): string {
    const { keyId, sealed } = this.keyring.seal(plain, context);
    return `${keyId}.${Buffer.from(sealed, 'base64').toString('base64url')}`;
  }

  /** @returns undefined if the gateway did not seal the text, or sealed it for another context */
  open(text: string, context: readonly string[]): string | undefined {
    const [, keyId, base64url] = SEALED.exec(text) ?? [];
    if (keyId === undefined || base64url === undefined) return undefined;
    const bytes = Buffer.from(base64url, 'base64url');
    // Refuses other base64url spellings of the same bytes.
    if (bytes.toString('base64url') !== base64url) return undefined;
    try {
      return this.keyring.unseal(keyId, bytes.toString('base64'), context);
    } catch {
      return undefined;
    }
  }
}
