import { ArgumentCheck } from './argument-check.js';

const schema = {
  type: 'object',
  properties: {
    channel: { type: 'string', description: 'Where to' },
    count: { type: 'integer', minimum: 1 },
    mail: { type: 'string', format: 'email' },
    kind: { enum: ['a', 'b'] },
  },
  required: ['channel'],
  additionalProperties: false,
};

const faultOf = (against: object, args: Record<string, unknown>): { modelText?: string; message: string } => {
  try {
    new ArgumentCheck('TOOL', against).check(args);
  } catch (error) {
    return error as Error & { modelText?: string };
  }
  throw new Error('It was accepted');
};
const accepts = (against: object, args: Record<string, unknown>) => new ArgumentCheck('TOOL', against).check(args);

describe('arguments of a tool', () => {
  it('pass where they fit', () => {
    accepts(schema, { channel: 'C1', count: 2, mail: 'a@b.example', kind: 'b' });
  });

  it('are refused in the words of the specification, with every fault', () => {
    const { modelText, message } = faultOf(schema, { count: 0, mail: 'x', kind: 'c', more: 1 });
    const { error, details } = JSON.parse(modelText!) as { error: string; details: Record<string, unknown>[] };
    expect(error).toBe('Validation error');
    expect(details.map(({ instancePath, keyword }) => `${String(instancePath)} ${String(keyword)}`).sort()).toEqual([
      ' additionalProperties',
      ' required',
      '/count minimum',
      '/kind enum',
      '/mail format',
    ]);
    expect(message).toContain('/count must be >= 1');
  });

  it('are left to Paragon where the validator fails on them', () => {
    const evaluated = { oneOf: [{}, { additionalProperties: false }], patternProperties: { '^a': {} } };
    const check = new ArgumentCheck('TOOL', { type: 'object', properties: { body: evaluated } });
    for (const args of [{ body: { a: 1 } }, { body: 1 }]) expect(() => check.check(args)).not.toThrow();
  });

  it.each([
    ['http://json-schema.org/draft-07/schema#'],
    ['http://json-schema.org/draft-04/schema#'],
    ['https://json-schema.org/draft/2020-12/schema'],
    ['urn:never-heard-of'],
  ])('are checked against a schema of the draft %s', ($schema) => {
    accepts({ ...schema, $schema }, { channel: 'C1' });
    expect(faultOf({ ...schema, $schema }, {}).modelText).toContain('channel');
  });

  it('are checked against two schemas with one $id', () => {
    const [one, two] = ['a', 'b'].map((name) => ({
      $id: 'https://schemas.test/same',
      type: 'object',
      required: [name],
    }));
    expect(faultOf(one!, {}).modelText).toContain('"a"');
    expect(faultOf(two!, {}).modelText).toContain('"b"');
    accepts(two!, { b: 1 });
  });

  it('follow references inside the schema', () => {
    const tree = {
      type: 'object',
      properties: { root: { $ref: '#/$defs/node' } },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['id'] } },
    };
    accepts(tree, { root: { id: 1, next: { id: 2 } } });
    expect(faultOf(tree, { root: { id: 1, next: {} } }).message).toContain('/root/next');
  });

  it.each<[string, object]>([
    ['a reference into nowhere', { $ref: 'https://evil.example/schema.json' }],
    ['a type that does not exist', { type: 'objekt' }],
    ['a keyword of a wrong type', { properties: 7 }],
    ['a schema that is nested too deep', nested(5_000)],
    ['a schema that is too large', { description: 'x'.repeat(300_000), required: ['a'] }],
  ])('are left to Paragon where the schema has %s', (_title, broken) => {
    accepts(broken, { anything: true });
  });

  it('are matched in linear time against patterns that explode elsewhere (threat 26)', () => {
    const evil = { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } };
    accepts(evil, { text: 'a'.repeat(50_000) });
    expect(faultOf(evil, { text: `${'a'.repeat(50_000)}!` }).modelText).toContain('pattern');
  });

  it('are matched against the pattern of their own property', () => {
    const two = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    accepts(two, { a: 'a', b: 'b' });
    expect(faultOf(two, { a: 'a', b: 'a' }).message).toContain('/b must match pattern');
  });

  it('are left to Paragon where there are very many of them (threat 58)', () => {
    const unique = { type: 'object', properties: { rows: { type: 'array', uniqueItems: true } } };
    const rows = (count: number) => Array.from({ length: count }, () => ({ a: [1] }));
    expect(faultOf(unique, { rows: rows(2) }).message).toContain('/rows');
    accepts(unique, { rows: rows(700) });
  });

  it('pass a pattern that cannot be checked', () => {
    accepts({ properties: { text: { pattern: '^(?=x)y' } } }, { text: 'z' });
  });
});

function nested(levels: number): object {
  let inner: object = { type: 'string' };
  for (let level = 0; level < levels; level += 1) inner = { properties: { a: inner } };
  return inner;
}
