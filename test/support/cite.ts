import { requirements, type RequirementId } from '../requirements.js';

const known: ReadonlySet<string> = new Set(requirements.map((requirement) => requirement.id));

/**
 * Returns the title of a test that proves requirements: `it(cites('rest.duplicate-409', 'answers 409 the second time'), ...)`. Write the
 * ids as literals: the check that each requirement is cited reads the source.
 *
 * @throws when there is no such requirement
 */
export function cites(...citation: [RequirementId, ...RequirementId[], title: string]): string {
  const ids = citation.slice(0, -1);
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw new Error(`There is no requirement "${unknown}" in test/requirements.ts`);
  return `${citation.at(-1)} [${ids.join(', ')}]`;
}

/** Returns the ids that the text of a test file cites. */
export function citedIds(source: string): string[] {
  const citations = source.matchAll(/\bcites\(\s*((?:'[^']*'\s*,\s*)+)/g);
  // The title is the last argument. It matches only if prettier put a comma after it, and it is no id then.
  return [...citations].flatMap(([, literals]) => [...literals.matchAll(/'([^']*)'/g)].map(([, id]) => id));
}
