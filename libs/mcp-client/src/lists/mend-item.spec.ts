import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import { specTypeSchemas } from '@modelcontextprotocol/client';
import { everyPage, type ListKind } from './paged-list.js';
import { PROMPTS, RESOURCES, TEMPLATES, TOOLS } from './list-kinds.js';
import { LogRing } from '../protocol/log-ring.js';

type Item = Record<string, unknown>;

/** Lists items as a server would send them: as JSON. */
async function listed(kind: ListKind, items: readonly unknown[]): Promise<{ items: Item[]; logged: string[] }> {
  const page = JSON.parse(JSON.stringify({ [kind.field]: items })) as Item;
  const log = new LogRing();
  const result = await everyPage({ request: async () => page }, kind, log, new AbortController().signal);
  return { items: result as Item[], logged: log.lines().map(({ message }) => message) };
}

/** Whether the clients of both lines take the item. */
const PARSES = new Map<ListKind, (item: unknown) => boolean>([
  [TOOLS, (item) => ToolSchema.safeParse(item).success && isValid(specTypeSchemas.Tool, item)],
  [RESOURCES, (item) => ResourceSchema.safeParse(item).success && isValid(specTypeSchemas.Resource, item)],
  [
    TEMPLATES,
    (item) => ResourceTemplateSchema.safeParse(item).success && isValid(specTypeSchemas.ResourceTemplate, item),
  ],
  [PROMPTS, (item) => PromptSchema.safeParse(item).success && isValid(specTypeSchemas.Prompt, item)],
]);
const isValid = (
  schema: (typeof specTypeSchemas)['Tool' | 'Resource' | 'ResourceTemplate' | 'Prompt'],
  item: unknown,
) => !('issues' in schema['~standard'].validate(item));

const GOOD = { type: 'object', properties: { q: { type: 'string' } } };

describe('an item that a server lists', () => {
  it.each<[string, Item, Item]>([
    ['has no inputSchema', {}, { inputSchema: { type: 'object' } }],
    ['has null for it', { inputSchema: null }, { inputSchema: { type: 'object' } }],
    ['has a list for it', { inputSchema: [] }, { inputSchema: { type: 'object' } }],
    ['has a boolean for it', { inputSchema: true }, { inputSchema: { type: 'object' } }],
    [
      'has one without type',
      { inputSchema: { properties: { q: {} } } },
      { inputSchema: { type: 'object', properties: { q: {} } } },
    ],
    ['has one that may be null', { inputSchema: { type: ['object', 'null'] } }, { inputSchema: { type: 'object' } }],
    ['has anyOf at the top', { inputSchema: { anyOf: [GOOD] } }, { inputSchema: { type: 'object', anyOf: [GOOD] } }],
    [
      'has null for properties',
      { inputSchema: { type: 'object', properties: null } },
      { inputSchema: { type: 'object' } },
    ],
    ['has null for required', { inputSchema: { type: 'object', required: null } }, { inputSchema: { type: 'object' } }],
    [
      'has numbers in required',
      { inputSchema: { type: 'object', required: ['q', 7] } },
      { inputSchema: { type: 'object', required: ['q'] } },
    ],
    [
      'has booleans as schemas of properties',
      { inputSchema: { type: 'object', properties: { any: true, none: false } } },
      { inputSchema: { type: 'object', properties: { any: {}, none: { not: {} } } } },
    ],
    ['has null for outputSchema', { inputSchema: GOOD, outputSchema: null }, { inputSchema: GOOD }],
    ['has an outputSchema of a list', { inputSchema: GOOD, outputSchema: { type: 'array' } }, { inputSchema: GOOD }],
    [
      'has an outputSchema without type',
      { inputSchema: GOOD, outputSchema: { properties: {} } },
      { inputSchema: GOOD, outputSchema: { type: 'object', properties: {} } },
    ],
    ['has null for title', { inputSchema: GOOD, title: null }, { inputSchema: GOOD }],
    ['has an object for description', { inputSchema: GOOD, description: {} }, { inputSchema: GOOD }],
    ['has null for annotations', { inputSchema: GOOD, annotations: null }, { inputSchema: GOOD }],
    [
      'has a word for a hint',
      { inputSchema: GOOD, annotations: { readOnlyHint: 'yes', novel: 1 } },
      { inputSchema: GOOD, annotations: { novel: 1 } },
    ],
    ['has null for _meta', { inputSchema: GOOD, _meta: null }, { inputSchema: GOOD }],
    ['has an object for icons', { inputSchema: GOOD, icons: {} }, { inputSchema: GOOD }],
    [
      'has an icon without src',
      { inputSchema: GOOD, icons: [{ src: 'https://a.test/i' }, {}] },
      { inputSchema: GOOD, icons: [{ src: 'https://a.test/i' }] },
    ],
    [
      'has an unknown execution',
      { inputSchema: GOOD, execution: { taskSupport: 'maybe' } },
      { inputSchema: GOOD, execution: {} },
    ],
    ['has members that nobody knows', { inputSchema: GOOD, novel: [null] }, { inputSchema: GOOD, novel: [null] }],
  ])('is mended, if it is a tool that %s', async (_what, members, mended) => {
    const { items } = await listed(TOOLS, [{ name: 'tool', ...members }]);
    expect(items).toEqual([{ name: 'tool', ...mended }]);
    expect(PARSES.get(TOOLS)!(items[0])).toBe(true);
  });

  it.each<[string, ListKind, Item, Item]>([
    ['a resource without a name', RESOURCES, { uri: 'a:1' }, { uri: 'a:1', name: 'a:1' }],
    [
      'a resource with null members',
      RESOURCES,
      { uri: 'a:1', name: 'a', mimeType: null, size: null, annotations: null },
      { uri: 'a:1', name: 'a' },
    ],
    [
      'a template without a name',
      TEMPLATES,
      { uriTemplate: 'a:{b}', name: null },
      { uriTemplate: 'a:{b}', name: 'a:{b}' },
    ],
    ['a prompt with null for arguments', PROMPTS, { name: 'p', arguments: null }, { name: 'p' }],
    [
      'a prompt with an argument without a name',
      PROMPTS,
      { name: 'p', arguments: [{}, { name: 'x', required: 'no' }] },
      { name: 'p', arguments: [{ name: 'x' }] },
    ],
  ])('is mended, if it is %s', async (_what, kind, item, mended) => {
    const { items } = await listed(kind, [item]);
    expect(items).toEqual([mended]);
    expect(PARSES.get(kind)!(items[0])).toBe(true);
  });

  it('is left out if a tool takes something else than an object', async () => {
    const { items, logged } = await listed(TOOLS, [{ name: 'text', inputSchema: { type: 'string' } }]);
    expect(items).toEqual([]);
    expect(logged).toEqual([
      '1 tools of the server were left out, because clients would refuse the whole list: "text" (its inputSchema does not describe an object).',
    ]);
  });

  it('costs one line, however many others are like it', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      name: `tool ${index}`,
      inputSchema: { type: 'null' },
    }));
    const { items, logged } = await listed(TOOLS, [...many, { name: 'good', inputSchema: GOOD }]);
    expect(items).toHaveLength(1);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^10000 tools .+ and 9980 more\.$/);
  });

  it('is always one that the official clients take, or left out', async () => {
    const complete: [ListKind, Item][] = [
      [
        TOOLS,
        {
          name: 't',
          title: 't',
          description: 'd',
          inputSchema: { ...GOOD, required: ['q'] },
          outputSchema: GOOD,
          annotations: { title: 'a', readOnlyHint: true },
          icons: [{ src: 'https://a.test/i', sizes: ['any'] }],
          execution: { taskSupport: 'optional' },
          _meta: { a: 1 },
        },
      ],
      [
        RESOURCES,
        {
          uri: 'a:1',
          name: 'r',
          title: 't',
          mimeType: 'text/plain',
          size: 3,
          annotations: { audience: ['user'], priority: 1, lastModified: '2026-01-01T00:00:00Z' },
          icons: [{ src: 'https://a.test/i' }],
          _meta: {},
        },
      ],
      [
        TEMPLATES,
        {
          uriTemplate: 'a:{b}',
          name: 'r',
          title: 't',
          description: 'd',
          mimeType: 'text/plain',
          annotations: { audience: ['assistant'] },
          _meta: {},
        },
      ],
      [
        PROMPTS,
        {
          name: 'p',
          title: 't',
          description: 'd',
          arguments: [{ name: 'x', description: 'd', required: true }],
          icons: [{ src: 'https://a.test/i', theme: 'dark' }],
          _meta: {},
        },
      ],
    ];
    const junk: unknown[] = [
      null,
      undefined,
      7,
      -1,
      '',
      'text',
      true,
      false,
      [],
      [null],
      [[]],
      {},
      { type: 'object' },
      { name: null },
      [{}],
    ];
    for (const [kind, item] of complete) {
      const spoiled = placesOf(item).flatMap((path) => junk.map((value) => withAt(item, path, value)));
      const named = spoiled.map((one, index) =>
        typeof one[kind.key] === 'string' && one[kind.key] !== '' ? { ...one, [kind.key]: `a:${index}` } : one,
      );
      const { items } = await listed(kind, named);
      expect(items.length).toBeGreaterThan(named.length / 2);
      expect(items.filter((one) => !PARSES.get(kind)!(one))).toEqual([]);
    }
  });
});

/** Returns the paths of all members, at every level. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesOf(inner, [...path, key])]);
}

function withAt(item: Item, path: readonly string[], value: unknown): Item {
  const copy = structuredClone(item);
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Item)[key], copy) as Item;
  parent[path.at(-1)!] = value;
  return copy;
}
