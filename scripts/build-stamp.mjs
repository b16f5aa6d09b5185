// Builds the programs in dist/ and checks whether they match the current sources and are unchanged since the build. `build` always builds,
// `ensure` only when needed.
import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const stampFile = path.join(dist, '.stamp');
const INCOMPLETE = 'Manifold cannot be built: the packages are not all there. Install them: npm ci';

function sourceFiles(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function sources() {
  const settings = [
    ...['package-lock.json', 'tsconfig.json', 'nest-cli.json', 'apps/gateway/tsconfig.app.json'],
    ...['scripts/build-stamp.mjs', 'scripts/bundle.mjs'],
  ];
  return [...settings.map((file) => path.join(root, file)), ...sourceFiles('apps'), ...sourceFiles('libs').sort()];
}

const programs = () =>
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.stamp')
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();

/** Returns the sizes and times of files. While they do not change, the files need not be read. A copy of dist/ has other times. */
const traceOf = (files) =>
  files.map((file) => `${path.relative(root, file)} ${statSync(file).size} ${statSync(file).mtimeMs}`);

function stamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined; // never built
  }
}

function writeStamp() {
  const files = programs();
  writeFileSync(
    stampFile,
    JSON.stringify({ sources: hashOf(sources()), trace: traceOf(files), programs: hashOf(files) }),
  );
}

/** Returns why dist/ has to be built; undefined if it is up to date. */
function reasonToBuild() {
  const built = stamp();
  if (built === undefined) return 'Building Manifold (once; less than a minute) ...';
  if (built.sources !== hashOf(sources()))
    return 'The sources have changed: building Manifold anew (less than a minute) ...';
  const files = programs();
  if (String(built.trace) === String(traceOf(files)) || built.programs === hashOf(files)) return undefined;
  return 'dist/ is not as it was built: building Manifold anew (less than a minute) ...';
}

/**
 * Compiles the sources to build/, bundles the programs to dist/, and records the sources of the build. Ends the process when that fails.
 */
async function build() {
  const nest = path.join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  if (!existsSync(nest)) fail(INCOMPLETE);
  const bundle = await loadBundler();
  const compiled = spawnSync(process.execPath, [nest, 'build', 'gateway'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);
  await bundle();
  writeStamp();
}

/** Loads the bundler before the compiler runs, so that a missing package is found at once. */
async function loadBundler() {
  try {
    const { bundle } = await import('./bundle.mjs');
    return bundle;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    fail(INCOMPLETE);
  }
}

function fail(line) {
  console.error(line);
  process.exit(1);
}

/** Builds when dist/ is missing, older than the sources, or changed since the build. Ends the process when that fails. */
export async function ensureBuilt() {
  const reason = reasonToBuild();
  if (reason === undefined) return;
  console.error(reason);
  await build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'build') await build();
  else await ensureBuilt();
}
