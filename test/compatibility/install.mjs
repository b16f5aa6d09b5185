import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = import.meta.dirname;
const MODULES = path.join(FOLDER, 'node_modules');
const STAMP = path.join(MODULES, '.lock-file-hash');
const LIMIT_MS = 1_200_000;
const REQUIREMENTS = ['1', '2'];
const fileOf = (requirements) => path.join(FOLDER, `requirements-${requirements}.txt`);
const venvOf = (requirements) => path.join(MODULES, `.venv-${requirements}`);

/** Returns the Python that has what a file of requirements names. */
export const pythonOf = (requirements) => path.join(venvOf(requirements), 'bin/python');

const BUNDLED = path.join(MODULES, `node-${process.platform}-${process.arch}`, 'bin/node');
/** Returns the Node of the clients. Half of them need version 22, which the lock file has for Linux. The gateway runs on the Node of the command. */
export const nodeOfClients = () => (existsSync(BUNDLED) ? BUNDLED : process.execPath);

/** Installs what package-lock.json and the requirements say, once. No package may run scripts. @throws when that fails */
export function installClients() {
  const files = [path.join(FOLDER, 'package-lock.json'), ...REQUIREMENTS.map(fileOf)];
  const hash = createHash('sha256')
    .update(Buffer.concat(files.map((file) => readFileSync(file))))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  console.error('Installing the clients (once) ...');
  rmSync(STAMP, { force: true });
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  for (const requirements of REQUIREMENTS) {
    run('python3', ['-m', 'venv', venvOf(requirements)]);
    run(pythonOf(requirements), ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '-r', fileOf(requirements)]);
  }
  writeFileSync(STAMP, hash);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, {
    cwd: FOLDER,
    stdio: ['ignore', 2, 'inherit'],
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`, { cause: error });
}

/** Returns the installed version of one of a client's packages. */
export function versionOf(name, { python }) {
  if (!python) return JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8')).version;
  const pins = readFileSync(fileOf(python), 'utf8').split('\n');
  return pins.find((line) => line.startsWith(`${name}==`)).slice(name.length + 2);
}
