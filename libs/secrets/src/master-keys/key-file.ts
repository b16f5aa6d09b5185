import { readFile, stat } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { secretsKeyFault } from '@manifold/config';
import { WrongSecretsKeyError } from '../secrets-errors.js';
import type { KeyTexts } from './key-texts.js';

/**
 * Mode bits for users who are neither the owner nor in the group. The group is allowed, because a mounted Kubernetes secret belongs to a
 * group of the pod.
 */
const OTHERS = 0o007;

/** Reads the keys from SECRETS_KEY_FILE, each time they are needed. A replaced file therefore takes effect without a restart. */
export class FileKeyTexts implements KeyTexts {
  private readonly logger = new Logger(FileKeyTexts.name);

  /** @param isPrivate whether a file with permissions for all users is refused instead of only logged as a warning */
  constructor(
    private readonly file: string,
    private readonly isPrivate: boolean,
  ) {}

  async read(): Promise<readonly string[]> {
    const text = await readKeyFile(this.file);
    if (text === undefined) throw new WrongSecretsKeyError(`SECRETS_KEY_FILE ${this.file} does not exist`);
    await this.checkMode();
    return keysOf(this.file, text);
  }

  readOrMake(): Promise<readonly string[]> {
    return this.read();
  }

  private async checkMode(): Promise<void> {
    const { mode } = await stat(this.file);
    if ((mode & OTHERS) === 0) return;
    const message = `SECRETS_KEY_FILE ${this.file} can be read or written by every user: remove these permissions (chmod o= ${this.file})`;
    if (this.isPrivate) throw new WrongSecretsKeyError(message);
    this.logger.warn({ msg: message });
  }
}

/** @returns undefined if the file does not exist */
export async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new WrongSecretsKeyError(`The key file ${file} cannot be read (${code})`, { cause: error });
  }
}

/**
 * Parses a key file: one key per line, without empty lines.
 * @throws WrongSecretsKeyError that names the line, never its content
 */
export function keysOf(file: string, text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0) throw new WrongSecretsKeyError(`${file} does not contain a key`);
  for (const [index, line] of lines.entries()) {
    const fault = line === '' ? undefined : lineFault(line, lines.indexOf(line) < index);
    if (fault) throw new WrongSecretsKeyError(`${file} does not contain a valid key in line ${index + 1}: it ${fault}`);
  }
  return keys;
}

function lineFault(line: string, isRepeated: boolean): string | undefined {
  if (line.trim() !== line) return 'begins or ends with a space';
  return secretsKeyFault(line) ?? (isRepeated ? 'occurs twice' : undefined);
}
