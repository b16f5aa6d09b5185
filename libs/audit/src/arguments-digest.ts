import { hash, randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflict, type Collection, type CollectionSpec } from '@manifold/store';
import { canonicalJson } from './canonical-json.js';

type SaltRecord = { keyId: string; sealed: string };

const RECORD_ID = 'arguments';
const CONTEXT = ['audit', 'arguments'];
const SALTS: CollectionSpec<SaltRecord> = { name: 'audit_keys', secret: true };

/** For the rotation of keys. */
export const SEALED_AUDIT_KEY = recordsWithOneText(SALTS, () => CONTEXT);

/** Characters of the canonical text that are looked at. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * Tells whether two calls had the same arguments, and nothing else of them.
 *
 * SHA-256 of their canonical JSON, keyed at both ends with a random text that is kept sealed: whoever reads the database cannot try
 * out likely values. Of arguments with more than 256 Ki characters the first so many count, and the text begins with `partial:`.
 */
@Injectable()
export class ArgumentsDigest implements OnModuleInit {
  private readonly logger = new Logger(ArgumentsDigest.name);
  private readonly salts: Collection<SaltRecord>;
  private salt?: string;

  constructor(
    private readonly keyring: Keyring,
    private readonly config: Config,
    store: Store,
  ) {
    this.salts = store.collection(SALTS);
  }

  async onModuleInit(): Promise<void> {
    if (this.config.auditRetentionDays > 0) this.salt = await this.known();
  }

  of(args: unknown): string | undefined {
    if (!this.salt) return undefined;
    const { text, isWhole } = canonicalJson(args, MOST_CHARACTERS);
    // An envelope MAC, for a tenth of the price of Node's HMAC: this runs for every call.
    const digest = hash('sha256', this.salt + text + this.salt, 'base64url');
    return isWhole ? digest : `partial:${digest}`;
  }

  private async known(): Promise<string> {
    const record = await this.salts.get(RECORD_ID);
    if (!record) return this.create();
    try {
      return await this.keyring.open(record.value, CONTEXT);
    } catch (err) {
      this.logger.warn({ msg: 'hashes of arguments begin anew: their key does not open', err });
      await this.salts.remove(RECORD_ID);
      return this.create();
    }
  }

  /** Of two processes that make one, only one can insert it. */
  private async create(): Promise<string> {
    const made = randomBytes(32).toString('base64');
    try {
      await this.salts.insert(this.keyring.seal(made, CONTEXT), { id: RECORD_ID });
      return made;
    } catch (error) {
      const winner = error instanceof StoreConflict ? await this.salts.get(RECORD_ID) : undefined;
      if (!winner) throw error;
      return this.keyring.open(winner.value, CONTEXT);
    }
  }
}
