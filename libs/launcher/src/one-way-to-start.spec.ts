import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The product's own sources, without specs and without what only tests use. */
const sources = (['apps', 'libs'] as const)
  .flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path)))
  .filter((path) => path.endsWith('.ts') && !/\.spec\.ts$|\/testing\/|\/node_modules\//.test(path));

describe('Programs are started', () => {
  it('by the launcher alone', () => {
    const starting = sources.filter((path) =>
      /['"](?:node:)?(?:child_process|cluster)['"]/.test(readFileSync(path, 'utf8')),
    );
    expect(starting.length).toBeGreaterThan(0);
    expect(starting.filter((path) => !path.startsWith(join('libs', 'launcher', 'src')))).toEqual([]);
  });
});
