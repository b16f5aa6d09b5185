import { anchorsOf, threatRows, type Known } from './references.js';
import { readRepositoryFile, repositoryPaths } from './repository.js';

/** Reads the names of all settings. A spec of libs/config compares them with the declared ones. */
const settingNames = (): string[] =>
  [...readRepositoryFile('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]!);

/**
 * Collects everything that references in this repository may name.
 * @param others environment variables that documents explain and libs/config does not read
 */
export function knownOf(others: readonly string[] = []): Known {
  const { files, folders } = repositoryPaths();
  const documents = files.filter((file) => file.endsWith('.md'));
  return {
    paths: new Set([...files, ...folders]),
    threats: threatRows(readRepositoryFile('docs/THREATS.md')),
    settings: new Set([...settingNames(), ...others]),
    anchors: new Map(documents.map((file) => [file, anchorsOf(readRepositoryFile(file))])),
  };
}
