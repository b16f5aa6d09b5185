import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './helm.js';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly hasInstallScript?: boolean }>>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

it('no package that production needs has an install script', () => {
  const withScript = Object.entries(packages).filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript);
  expect(withScript.length).toBeGreaterThan(0); // those of the tools show that the lock file says it
  expect(withScript.filter(([, { dev }]) => !dev).map(([path]) => path)).toEqual([]);
});
