import { hash, randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Keyring, recordsWithOneText } from '@manifold/secrets';
import { Store, StoreConflictError, type Collection, type CollectionSpec } from '@manifold/store';

type SaltRecord = { keyId: string; sealed: string };

const RECORD_ID = 'arguments';
const CONTEXT = ['audit', 'arguments'];
const SALTS: CollectionSpec<SaltRecord> = { name: 'audit_keys', secret: true };

/** Declares the sealed records for the key rotation. */
export const SEALED_AUDIT_KEY = recordsWithOneText(SALTS, () => CONTEXT);

/** Maximum number of characters of the canonical text that are hashed. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * Computes a digest that shows whether two calls had the same arguments, and reveals nothing else about them.
 *
 * The digest is SHA-256 of the canonical JSON, with a random text before and after it. That text is stored sealed, so a reader of the
 * database cannot test likely values. If the canonical text has more than 256 Ki characters, only the first 256 Ki count and the digest
 * begins with `partial:`.
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
    // This envelope MAC costs a tenth of Node's HMAC. It runs for every call.
    const digest = hash('sha256', this.salt + text + this.salt, 'base64url');
    return isWhole ? digest : `partial:${digest}`;
  }

  private async known(): Promise<string> {
    const record = await this.salts.get(RECORD_ID);
    if (!record) return this.create();
    try {
      return await this.keyring.open(record.value, CONTEXT);
    } catch (err) {
      this.logger.warn({ msg: 'cannot decrypt the argument-hash key; generating a new one', err });
      await this.salts.remove(RECORD_ID);
      return this.create();
    }
  }

  /** Creates the random text. If two processes create one at the same time, both use the one that was stored first. */
  private async create(): Promise<string> {
    const made = randomBytes(32).toString('base64');
    try {
      await this.salts.insert(this.keyring.seal(made, CONTEXT), { id: RECORD_ID });
      return made;
    } catch (error) {
      const winner = error instanceof StoreConflictError ? await this.salts.get(RECORD_ID) : undefined;
      if (!winner) throw error;
      return this.keyring.open(winner.value, CONTEXT);
    }
  }
}

/**
 * Returns JSON-like text whose object members are sorted by name, so that equal values have equal texts.
 * @param most maximum length of the text in characters; the rest is cut off
 */
export function canonicalJson(value: unknown, most: number): { readonly text: string; readonly isWhole: boolean } {
  const writer = new Writer(most);
  writer.write(value);
  return { text: writer.text.slice(0, most), isWhole: writer.text.length <= most };
}

class Writer {
  text = '';

  constructor(private readonly most: number) {}

  write(value: unknown): void {
    if (this.text.length > this.most) return;
    if (Array.isArray(value)) return this.list(value);
    if (typeof value === 'object' && value !== null) return this.object(value as Record<string, unknown>);
    this.text += typeof value === 'string' ? JSON.stringify(value.slice(0, this.most + 1)) : String(value);
  }

  private list(items: readonly unknown[]): void {
    this.text += '[';
    for (const item of items) {
      this.write(item);
      this.text += ',';
    }
    this.text += ']';
  }

  private object(members: Readonly<Record<string, unknown>>): void {
    this.text += '{';
    for (const name of Object.keys(members).sort()) {
      this.text += `${JSON.stringify(name)}:`;
      this.write(members[name]);
      this.text += ',';
    }
    this.text += '}';
  }
}
