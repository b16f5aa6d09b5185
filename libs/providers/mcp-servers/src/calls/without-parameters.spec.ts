import { withoutParameters } from './without-parameters.js';

const DEFINITION = {
  name: 'create_issue',
  title: 'kept',
  inputSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { repo: { type: 'string' }, TOKEN: { type: 'string' }, title: { type: 'string', 'x-new': 1 } },
    required: ['title', 'TOKEN', 'repo'],
    additionalProperties: false,
  },
  'x-unknown': { TOKEN: 'kept' },
};
const hide = (definition: typeof DEFINITION | Record<string, unknown>, ...names: string[]) =>
  withoutParameters(definition as typeof DEFINITION, new Set(names));

describe('a definition without the parameters that secrets fill', () => {
  it('is as it was otherwise, order included', () => {
    const expected = structuredClone(DEFINITION) as unknown as { inputSchema: { properties: { TOKEN?: unknown } } };
    delete expected.inputSchema.properties.TOKEN;
    Object.assign(expected.inputSchema, { required: ['title', 'repo'] });
    expect(JSON.stringify(hide(DEFINITION, 'TOKEN', 'OTHER'))).toBe(JSON.stringify(expected));
  });

  it('leaves the original alone', () => {
    const before = JSON.stringify(DEFINITION);
    hide(DEFINITION, 'TOKEN');
    expect(JSON.stringify(DEFINITION)).toBe(before);
  });

  it('is the very same where there is nothing to hide', () => {
    expect(hide(DEFINITION)).toBe(DEFINITION);
    expect(hide(DEFINITION, 'OTHER', 'type', 'toString')).toBe(DEFINITION);
  });

  it.each([
    ['no schema', undefined],
    ['a schema that is none', 'TOKEN'],
    ['properties that are none', { properties: ['TOKEN'], required: 'TOKEN' }],
    ['a boolean schema', true],
  ])('is the very same with %s', (_, inputSchema) => {
    const definition = { name: 'odd', inputSchema };
    expect(hide(definition, 'TOKEN')).toBe(definition);
  });

  it('is also hidden where it is required only, and beside names that a server may choose', () => {
    const inputSchema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"},"A":{}},"required":["A","TOKEN",7]}',
    ) as object;
    const hidden = hide({ name: 'odd', inputSchema }, 'A', 'TOKEN');
    expect(JSON.stringify(hidden.inputSchema)).toBe('{"properties":{"__proto__":{"type":"string"}},"required":[7]}');
  });
});
