import { readdir } from 'node:fs/promises';
import { InstallError } from '../install-error.js';
import type { Pip, PipRun } from './pip.js';

type Question = Pick<PipRun, 'executable' | 'indexes' | 'work' | 'signal'>;

/**
 * The newest version that would be installed where only wheels are. Downloads the wheel: that is the one answer of pip, in all its
 * versions, that takes account of Python's version, the platform and what was taken back. The file is in the cache for the install.
 * @throws InstallError; the reason of the signal
 */
export async function latestWheel(pip: Pip, name: string, question: Question): Promise<string> {
  const command = ['download', '--no-deps', '--progress-bar', 'off'];
  await pip.run({ ...question, command, requirements: [name], allowScripts: false, onLine: () => undefined });
  const wheel = (await readdir(question.work)).find((file) => file.endsWith('.whl'));
  return versionOf(name, wheel?.split('-')[1]);
}

/**
 * The newest version in the index, built or not. Downloads nothing, as looking into a source distribution runs its code.
 * @throws InstallError; the reason of the signal
 */
export async function latestOfAny(pip: Pip, name: string, question: Question): Promise<string> {
  const found: string[] = [];
  const onLine = (line: string) => {
    const [, version] = /^\S+ \(([^)\s]+)\)$/.exec(line) ?? [];
    if (version !== undefined) found.push(version);
  };
  await pip.run({ ...question, command: ['index', 'versions'], requirements: [name], allowScripts: true, onLine });
  return versionOf(name, found[0]);
}

function versionOf(name: string, version: string | undefined): string {
  if (version !== undefined) return version;
  throw new InstallError('install_failed', `pip did not tell the newest version of "${name}"`);
}
