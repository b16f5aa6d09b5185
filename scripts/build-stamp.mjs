// Knows whether dist/ was built from the sources as they are. `write` notes it after a build, `ensure` builds when it is not so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stampFile = path.join(root, 'dist', '.stamp');

function sourceFiles(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function fingerprint() {
  const hash = createHash('sha256');
  const settings = ['package-lock.json', 'tsconfig.json', 'nest-cli.json', 'apps/gateway/tsconfig.app.json'];
  const files = [
    ...settings.map((file) => path.join(root, file)),
    ...sourceFiles('apps'),
    ...sourceFiles('libs').sort(),
  ];
  for (const file of files)
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function stamp() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return undefined; // never built
  }
}

/** Builds when dist/ is missing or older than the sources. Ends the process when that fails. */
export function ensureBuilt() {
  if (stamp() === fingerprint()) return;
  console.error('Building Manifold (once; a few seconds) ...');
  const nest = path.join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const build = spawnSync(process.execPath, [nest, 'build', 'gateway'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (build.status !== 0) process.exit(build.status ?? 1);
  writeFileSync(stampFile, fingerprint());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'write') writeFileSync(stampFile, fingerprint());
  else ensureBuilt();
}
