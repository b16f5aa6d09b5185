import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = ['.ci', '.github', 'apps', 'bench', 'deploy', 'docs', 'libs', 'scripts', 'test', 'tools'];
/** Folders with installed, built or downloaded files. */
const FOREIGN = new Set(['node_modules', 'dist', 'coverage', '.cache']);

/** Lists the files and folders of the repository by their paths from its root, including files that git does not track yet. */
export function repositoryPaths(): { files: string[]; folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) files.push(path);
      else if (folder === '' ? FOLDERS.includes(entry.name) : !FOREIGN.has(entry.name)) {
        folders.push(path);
        walk(path);
      }
    }
  };
  walk('');
  return { files, folders };
}

export const readRepositoryFile = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
