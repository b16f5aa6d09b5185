import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = import.meta.dirname;
const MODULES = path.join(FOLDER, 'node_modules');
const STAMP = path.join(MODULES, '.lock-file-hash');
const TIME_LIMIT_MS = 300_000;

/** Installs what the lock file says, once for each lock file. No package may run scripts. @throws when that fails */
export function installTools() {
  const hash = createHash('sha256')
    .update(readFileSync(path.join(FOLDER, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  console.error('Installing the conformance suite (once) ...');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', ['ci', ...options], {
    cwd: FOLDER,
    stdio: ['ignore', 2, 'inherit'],
    timeout: TIME_LIMIT_MS,
  });
  if (status !== 0) throw new Error(`npm ci failed in ${FOLDER}`, { cause: error });
  writeFileSync(STAMP, hash);
}

/**
 * Returns the Node that runs the suite, which needs version 22 or later. For Node 20 only: on Linux the lock file brings one. Elsewhere it
 * is the Node that runs this.
 */
export function nodeOfSuite() {
  const bundled = path.join(MODULES, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(bundled) ? bundled : process.execPath;
}

/** A file of the suite's package. */
export const suiteFile = (...names) => path.join(MODULES, '@modelcontextprotocol', 'conformance', ...names);
