import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { packageJson, type PackageDefinition } from './package-definition.js';

/** Packs a package like `npm pack`: everything is below `package/`. The same definition gives the same bytes. */
export async function tarballOf(definition: PackageDefinition): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'manifold-tarball-'));
  const files = { 'package.json': JSON.stringify(packageJson(definition), undefined, 2), ...definition.files };
  try {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, 'package', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    const paths = Object.keys(files).map((path) => `package/${path}`);
    const chunks: Buffer[] = [];
    const pack = create({ cwd: folder, gzip: true, portable: true, mtime: new Date(0) }, paths);
    for await (const chunk of pack) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Returns the subresource integrity in the format of package documents. */
export const integrityOf = (tarball: Buffer): string =>
  `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
