import { Injectable } from '@nestjs/common';
import { Store, type Sealed, type Sealer } from '@manifold/store';
import { Keyring } from './keyring.js';

/** Seals the confidential fields of the store's collections under the data keys. */
@Injectable()
export class StoreSealer implements Sealer {
  constructor(
    store: Store,
    private readonly keyring: Keyring,
  ) {
    store.sealWith(this);
  }

  async seal(plain: string, context: readonly string[]): Promise<Sealed> {
    await this.keyring.started();
    return this.keyring.seal(plain, context);
  }

  async open(sealed: Sealed, context: readonly string[]): Promise<string> {
    await this.keyring.started();
    return this.keyring.open(sealed, context);
  }
}
