import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirements } from '../requirements.js';
import { citedIds } from './cite.js';
import { knownOf } from './documents/known.js';
import { sourceFaults } from './documents/requirement-sources.js';

const ROOT = join(import.meta.dirname, '../..');
/** Its citations are examples of the notation. */
const NOT_PROOF = 'cite.spec.ts';

function specs(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.spec.ts') && !file.endsWith(NOT_PROOF))
    .map((file) => join(ROOT, folder, file));
}

describe('the requirements', () => {
  it('have one meaning per id', () => {
    const ids = requirements.map(({ id }) => id);

    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('are each cited by a test', () => {
    const cited = new Set(['test', 'libs'].flatMap(specs).flatMap((file) => citedIds(readFileSync(file, 'utf8'))));

    expect(requirements.filter(({ id }) => !cited.has(id)).map(({ id, behaviour }) => `${id}: ${behaviour}`)).toEqual(
      [],
    );
  });

  it('come from public specifications and documents of this repository', () => {
    const known = knownOf();
    expect(
      requirements.flatMap(({ id, source }) => sourceFaults(source, known).map((part) => `${id}: ${part}`)),
    ).toEqual([]);
  });
});
