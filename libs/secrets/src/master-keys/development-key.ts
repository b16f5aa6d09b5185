import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WrongSecretsKeyError } from '../secrets-errors.js';
import { keysOf, readKeyFile } from './key-file.js';
import type { KeyTexts } from './key-texts.js';

const KEY_BYTES = 32;

/**
 * Reads the key from the file `secrets.key` in DATA_DIR. For a new store it creates the file, so that a first try on a laptop needs no
 * configured key.
 */
export class DevelopmentKeyTexts implements KeyTexts {
  private readonly file: string;

  constructor(private readonly dataDir: string) {
    this.file = join(dataDir, 'secrets.key');
  }

  async read(): Promise<readonly string[]> {
    const text = await readKeyFile(this.file);
    if (text !== undefined) return keysOf(this.file, text);
    throw new WrongSecretsKeyError(
      `The store holds secrets, but their key is missing: set SECRETS_KEY, or restore the file ${this.file}`,
    );
  }

  async readOrMake(): Promise<readonly string[]> {
    const text = (await readKeyFile(this.file)) ?? (await this.make());
    return keysOf(this.file, text);
  }

  /**
   * Creates the key file atomically: the file appears with its whole content or not at all. Two processes that start at the same time use
   * the key of the first, and neither reads half a key.
   */
  private async make(): Promise<string> {
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${randomBytes(6).toString('hex')}`;
    const text = `${randomBytes(KEY_BYTES).toString('base64url')}\n`;
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
      await link(draft, this.file);
      return text;
    } catch (error) {
      const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKeyFile(this.file) : undefined;
      if (winner === undefined) throw error;
      return winner;
    } finally {
      await handle.close();
      await rm(draft);
    }
  }
}
