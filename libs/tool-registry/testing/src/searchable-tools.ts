import { ToolProviders, type ToolDescriptor, type ToolProvider } from '@manifold/tool-provider';
import { Catalogue } from '../../src/catalogue/catalogue.js';
import { Namespaces } from '../../src/uris/namespaces.js';

export const VERBS = Array.from({ length: 10 }, (_, index) => `verb${'abcdefghij'[index]}`);
export const NOUNS = Array.from(
  { length: 40 },
  (_, index) => `noun${'abcdefghij'[index % 10]}${'klmn'[Math.floor(index / 10)]}`,
);
const provider = { id: 'one' } as ToolProvider;

interface Described {
  readonly title?: unknown;
  readonly description?: unknown;
}

export const descriptor = (app: string, name: string, fields: Described = {}): ToolDescriptor => ({
  ref: { name },
  app,
  name,
  publicName: `${app}_${name}`,
  definition: { name, inputSchema: { type: 'object' }, ...fields },
});

export const catalogueOf = (...tools: ToolDescriptor[]): Catalogue =>
  Catalogue.of([{ provider, tools }], 60, new Namespaces(new ToolProviders([])));

/** Twenty words out of some hundreds. */
export const sentence = (seed: number): string =>
  Array.from(
    { length: 20 },
    (_, place) => `w${((seed * 31 + place * 97) % 613).toString(26).replaceAll(/\d/g, 'x')}`,
  ).join(' ');
