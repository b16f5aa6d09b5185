import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';

/** Key id and sealed bytes. */
const SEALED = /^([0-9a-f]{1,64})\.([A-Za-z0-9_-]{1,1000})$/;

/**
 * Short texts that go through a client's hands and come back: cursors, the state of a request. Sealed (AES-256-GCM) under the keys of
 * the store, so that they are good on every replica and after a restart, for what they were made for and for nothing else.
 */
@Injectable()
export class SealedText {
  constructor(private readonly keyring: Keyring) {}

  /** @param context what the text is for and whose it is */
  seal(plain: string, context: readonly string[]): string {
    const { keyId, sealed } = this.keyring.seal(plain, context);
    return `${keyId}.${Buffer.from(sealed, 'base64').toString('base64url')}`;
  }

  /** @returns undefined for what was not sealed here, or for another context */
  open(text: string, context: readonly string[]): string | undefined {
    const [, keyId, base64url] = SEALED.exec(text) ?? [];
    if (keyId === undefined || base64url === undefined) return undefined;
    const bytes = Buffer.from(base64url, 'base64url');
    // Another spelling of the same bytes is another text.
    if (bytes.toString('base64url') !== base64url) return undefined;
    try {
      return this.keyring.unseal(keyId, bytes.toString('base64'), context);
    } catch {
      return undefined;
    }
  }
}
