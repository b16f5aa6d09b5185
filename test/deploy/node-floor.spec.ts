import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minVersion, satisfies } from 'semver';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string } }>>;
}

const ROOT = join(import.meta.dirname, '../..');
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

/** The packages of a lock file that npm would warn of (EBADENGINE) on this version of Node. */
const tooNew = (all: Lock['packages'], node: string): string[] =>
  Object.entries(all)
    .filter(([, { engines }]) => engines?.node !== undefined && !satisfies(node, engines.node))
    .map(([path, { engines }]) => `${path} wants Node ${engines!.node}`);

describe('the oldest Node that is supported', () => {
  const floor = minVersion(packages['']!.engines!.node!)!.version;

  it('is 20.20, and every package of the lock file runs on it', () => {
    expect(floor).toBe('20.20.0');
    expect(tooNew(packages, floor)).toEqual([]);
  });

  it('would be missed by a package that wants a newer one', () => {
    expect(tooNew({ 'node_modules/a': { engines: { node: '^22.12.0 || >=24' } } }, floor)).toEqual([
      'node_modules/a wants Node ^22.12.0 || >=24',
    ]);
  });
});
