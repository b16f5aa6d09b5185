import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ProviderError } from '@manifold/tool-provider';
import fc from '../../../../../test/support/fuzz.js';
import { ArgumentCheck } from '../argument-check.js';
import { inputSchemaOf } from './input-schema.js';
import { OpenApiError } from './openapi-error.js';
import { References } from './references.js';

type Json = Record<string, unknown>;

const ajv = new Ajv2020({ strict: false, logger: false, addUsedSchema: false });
addFormats.default(ajv);

/** The tool's schema for an operation whose JSON body has this schema. */
function inputSchema(schema: unknown, schemas: Json = {}): Json {
  const references = new References({ components: { schemas } });
  const body = { required: true, contentType: 'application/json', offered: [], schema, source: {} };
  return inputSchemaOf({ parameters: [], body }, references, {}) as Json;
}

const bodySchema = (schema: unknown, schemas?: Json): unknown => (inputSchema(schema, schemas).properties as Json).body;

/** Returns those of the bodies that the tool accepts. */
function accepted(schema: unknown, bodies: readonly unknown[], schemas?: Json): unknown[] {
  const validate = ajv.compile(inputSchema(schema, schemas));
  return bodies.filter((body) => validate({ body }));
}

const ref = (name: string, beside: Json = {}): Json => ({ $ref: `#/components/schemas/${name}`, ...beside });

describe('the input schema of an OpenAPI action', () => {
  it('keeps what JSON Schema knows, and leaves out the rest', () => {
    const schema = { type: 'string', title: 'T', minLength: 1, format: 'email', 'x-a': 1, xml: {}, externalDocs: {} };
    expect(
      bodySchema({ ...schema, $id: 'http://a/b', $anchor: 'c', id: 'd', $async: true, discriminator: {} }),
    ).toEqual({
      ...{ type: 'string', title: 'T', minLength: 1, format: 'email' },
    });
    expect(bodySchema({ type: 'integer', example: 5 })).toEqual({ type: 'integer', examples: [5] });
  });

  it.each([
    ['nullable', { type: 'string', nullable: true }, ['a', null], [1]],
    ['nullable enum', { type: 'string', enum: ['a'], nullable: true }, ['a', null], ['b']],
    ['nullable without a type', { nullable: true, minLength: 2, anyOf: [{ type: 'string' }] }, ['ab', null], ['a', 1]],
    ['types of 3.1', { type: ['string', 'null'] }, ['a', null], [1]],
    ['exclusive minimum of 3.0', { type: 'number', minimum: 0, exclusiveMinimum: true }, [1], [0, -1]],
    ['exclusive maximum of 3.0', { type: 'number', maximum: 0, exclusiveMaximum: true }, [-1], [0, 1]],
    ['inclusive minimum of 3.0', { type: 'number', minimum: 0, exclusiveMinimum: false }, [0], [-1]],
    ['exclusive minimum of 3.1', { type: 'number', exclusiveMinimum: 0 }, [1], [0]],
    ['both bounds of 3.1', { type: 'number', minimum: 5, exclusiveMinimum: 0 }, [5], [4]],
    ['an exclusive flag without a bound', { type: 'number', exclusiveMinimum: true }, [1], ['a']],
    ['an empty enum', { type: 'string', enum: [] }, ['a'], [1]],
    ['a pattern', { type: 'string', pattern: '^a+$' }, ['aa'], ['b']],
    ['a pattern that validators refuse', { type: 'string', pattern: '^[a-z\\_]+$' }, ['a', '1'], [1]],
    ['a pattern that is none', { type: 'string', pattern: '(' }, ['a'], [1]],
    ['tuples', { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } }, [['a', 1]], [[1]]],
    [
      'conditions',
      { if: { type: 'string' }, then: { minLength: 2 }, else: { type: 'number' } },
      ['ab', 1],
      ['a', null],
    ],
    ['anything', true, [1, null], []],
    ['nothing', false, [], [1, null]],
    [
      'a property called $ref',
      { type: 'object', properties: { $ref: { type: 'string' } } },
      [{ $ref: 'a' }],
      [{ $ref: 1 }],
    ],
    [
      'examples that look like references',
      { type: 'object', default: { $ref: '#/nope' }, example: { $ref: 1 } },
      [{}],
      [1],
    ],
    ['int64', { type: 'integer', format: 'int64' }, [5], [0.5]],
  ])('understands %s', (_, schema, good, bad) => {
    expect(accepted(schema, [...good, ...bad])).toEqual(good);
  });

  it('asks for no read-only properties, also where they are required', () => {
    const schemas = { Id: { type: 'string', readOnly: true } };
    const properties = { id: { type: 'string', readOnly: true }, other: ref('Id'), name: { type: 'string' } };
    expect(bodySchema({ type: 'object', properties, required: ['id', 'other', 'name'] }, schemas)).toEqual({
      ...{ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
  });

  it('asks for no read-only properties of what may be null', () => {
    const properties = { id: { readOnly: true }, name: { type: 'string' } };
    expect(accepted({ nullable: true, properties, required: ['id'] }, [{ name: 'a' }, null, { name: 1 }])).toEqual([
      { name: 'a' },
      null,
    ]);
  });

  it('keeps what is required of a property that another schema describes', () => {
    const schemas = { Base: { type: 'object', properties: { id: { type: 'string' } } } };
    const schema = { allOf: [ref('Base')], properties: { name: {} }, required: ['id', 'name'] };
    expect(accepted(schema, [{ id: 'a', name: 1 }, { name: 1 }, { id: 1, name: 1 }], schemas)).toEqual([
      { id: 'a', name: 1 },
    ]);
  });

  describe('references', () => {
    it('are replaced by what they name', () => {
      const schemas = { 'A/b c': { type: 'object', properties: { x: ref('X') } }, X: { type: 'string' } };
      const schema = { $ref: '#/components/schemas/A~1b%20c' };
      expect(inputSchema(schema, schemas)).not.toHaveProperty('$defs');
      expect(bodySchema(schema, schemas)).toEqual({ type: 'object', properties: { x: { type: 'string' } } });
    });

    it('keep what is said beside them', () => {
      const schemas = { X: { type: 'string', description: 'old', minLength: 1 } };
      expect(bodySchema(ref('X', { description: 'new' }), schemas)).toEqual({ ...schemas.X, description: 'new' });
      expect(accepted(ref('X', { maxLength: 2 }), ['a', 'abc', ''], schemas)).toEqual(['a']);
      expect(accepted(ref('X', { nullable: true }), ['a', null, ''], schemas)).toEqual(['a', null]);
    });

    it('that lead round in a circle become definitions', () => {
      const schemas = {
        Node: { type: 'object', properties: { children: { type: 'array', items: ref('Node') }, owner: ref('User') } },
        User: { type: 'object', required: ['name'], properties: { name: {}, home: ref('Node'), friend: ref('User') } },
      };
      const tree = (leaf: unknown) => ({
        children: [{ children: [{ owner: { name: 'a', home: { children: [leaf] } } }] }],
      });
      const [good, bad] = [tree({ owner: { name: 'a', friend: { name: 'b' } } }), tree({ owner: {} })];
      expect(accepted(ref('Node'), [good, bad], schemas)).toEqual([good]);
      expect(bodySchema(ref('Node'), schemas)).toMatchObject({
        properties: { children: { items: { $ref: '#/$defs/Node' } }, owner: { required: ['name'] } },
      });
    });

    it('to different schemas of one name become different definitions', () => {
      const loop = (type: string, to: string) => ({ type: 'object', properties: { v: { type }, next: { $ref: to } } });
      const schemas = {
        ...{
          a: { x: loop('string', '#/components/schemas/a/x') },
          b: { x: loop('number', '#/components/schemas/b/x') },
        },
      };
      const schema = { properties: { a: ref('a/x'), b: ref('b/x') } };
      const bodies = [
        { a: { next: { v: 's' } }, b: { next: { v: 1 } } },
        { a: { next: { v: 1 } } },
        { b: { next: { v: 's' } } },
      ];
      expect(accepted(schema, bodies, schemas)).toEqual([bodies[0]]);
    });

    it('are kept where replacing them would pass the limits', () => {
      const level = (n: number) => ({ type: 'object', properties: { a: ref(`L${n + 1}`), b: ref(`L${n + 1}`) } });
      const levels = Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`L${n}`, level(n)]));
      const schemas = { ...levels, L24: { type: 'string' } };
      const schema = inputSchema(ref('L0'), schemas);
      expect(Object.keys(schema.$defs as Json)).toHaveLength(25);
      expect(accepted(ref('L0'), [{ a: { b: {} } }, { a: { b: 1 } }], schemas)).toEqual([{ a: { b: {} } }]);
    });

    it.each([
      ['a file', 'other.json#/a', 'leads out of this file'],
      ['a file of the system', 'file:///etc/passwd', 'leads out of this file'],
      ['an address', 'http://127.0.0.1:1/schema.json', 'leads out of this file'],
      ['an anchor', '#name', 'is no path'],
      ['the whole document', '#', 'is no path'],
      ['nothing', '#/components/schemas/Missing', 'does not resolve'],
      ['what all objects inherit', '#/components/constructor', 'does not resolve'],
      ['what is no schema', '#/components/schemas/Text', 'not an object'],
      ['broken escapes', '#/components/schemas/%zz', 'does not resolve'],
    ])('to %s are refused', (_, $ref, reason) => {
      const act = () => inputSchema({ properties: { a: { $ref } } }, { Text: 'text' });
      expect(act).toThrow(OpenApiError);
      expect(act).toThrow(reason);
    });

    it.each([
      ['to itself', { A: ref('A') }],
      ['to each other', { A: ref('B'), B: ref('A') }],
      ['to itself through allOf', { A: { allOf: [{ type: 'object' }, ref('A')] } }],
      ['to itself through not and anyOf', { A: { not: { anyOf: [ref('B')] } }, B: { oneOf: [ref('A')] } }],
      ['to itself through dependentSchemas', { A: { dependentSchemas: { x: ref('A') } } }],
      [
        'round in a circle that is first seen inside',
        { A: { properties: { b: ref('B') }, allOf: [ref('B')] }, B: { if: ref('A') } },
      ],
      [
        'through very many others',
        Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`A${n || ''}`, ref(`A${n + 1}`)])),
      ],
    ])('that lead from a schema %s are refused', (_, schemas) => {
      expect(() => inputSchema({ type: 'object', properties: { a: ref('A') } }, schemas)).toThrow(OpenApiError);
      expect(() => inputSchema(ref('A'), schemas)).toThrow(OpenApiError);
    });
  });

  it.each([
    ['an unknown type', { type: 'strng' }, '/properties/body/type'],
    ['a number that is a text', { type: 'integer', minimum: '5' }, '/properties/body/minimum'],
    ['required that is no list', { properties: { a: { type: 'string', required: true } } }, '/properties/a/required'],
    ['an infinite bound', { type: 'number', maximum: Infinity }, '/properties/body/maximum'],
    ['properties that are a list', { properties: [1] }, 'not an object'],
    ['a property that is none', { properties: { a: 'string' } }, 'not an object'],
    ['items that are a list', { items: [{}] }, 'not an object'],
    ['allOf that is no list', { allOf: {} }, 'not a list'],
    ['null', null, 'not an object'],
  ])('is refused with %s', (_, schema, reason) => {
    const act = () => inputSchema(schema);
    expect(act).toThrow(OpenApiError);
    expect(act).toThrow(reason);
  });

  it.each([
    ['too deep', Array.from({ length: 40 }).reduce<Json>((items) => ({ items }), {})],
    ['too many', { anyOf: Array.from({ length: 600 }, () => ({})) }],
    ['too long', { description: 'x'.repeat(70_000) }],
    ['too long in its names', { properties: { ['x'.repeat(70_000)]: {} } }],
  ])('is refused where it is %s', (_, schema) => {
    expect(() => inputSchema(schema)).toThrow(/levels|64 KB/);
  });

  it('does not change the document, and shares nothing with it', () => {
    const schemas = { X: { type: 'object', properties: { a: { type: 'string', nullable: true, example: 'b' } } } };
    const before = structuredClone(schemas);
    const made = inputSchema(ref('X'), schemas);
    (((made.properties as Json).body as Json).properties as Json).a = 'changed';
    expect(schemas).toEqual(before);
  });

  it('compiles whatever keywords a document combines, or is refused', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.string(),
      fc.constant(null),
      fc.constant([]),
      fc.constant({}),
    );
    const leaf = fc.oneof(fc.boolean(), fc.constantFrom(ref('A'), ref('B'), ref('C')));
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof({ maxDepth: 3 }, leaf, keywords(tie('schema'), value)),
    }));
    let compiled = 0;
    fc.assert(
      fc.property(schema, schema, schema, schema, (body, A, B, C) => {
        const made = attempt(() => inputSchema(body, { A, B, C }));
        if (!made) return;
        compiled += 1;
        ajv.compile(made);
        const check = new ArgumentCheck('TOOL', made);
        for (const sample of [1, 'a', null, [], {}, { a: { b: [{ a: 1 }] } }]) {
          attempt(() => check.check({ body: sample }));
        }
      }),
      { numRuns: 500 },
    );
    expect(compiled).toBeGreaterThan(100);
  });
});

/** A few keywords at once, right and wrong ones. */
function keywords(schema: fc.Arbitrary<unknown>, value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const schemas = fc.array(schema, { minLength: 1, maxLength: 2 });
  const byName = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', '$ref'), schema, { maxKeys: 2 });
  const all: Record<string, fc.Arbitrary<unknown>> = {
    $ref: fc.constantFrom('#/components/schemas/A', '#/components/schemas/B', '#/nope'),
    type: fc.constantFrom('string', 'object', 'array', 'null', ['number', 'null'], 'wrong'),
    nullable: fc.constant(true),
    readOnly: fc.constant(true),
    enum: fc.array(value, { maxLength: 2 }),
    example: value,
    minimum: fc.oneof(fc.integer(), fc.string()),
    exclusiveMinimum: fc.oneof(fc.boolean(), fc.integer()),
    pattern: fc.constantFrom('a', '(', '\\-', '(?=a)'),
    required: fc.oneof(fc.uniqueArray(fc.constantFrom('a', 'b', '__proto__')), fc.boolean()),
    properties: byName,
    patternProperties: fc.dictionary(fc.constantFrom('^a', '('), schema),
    dependentSchemas: byName,
    additionalProperties: schema,
    items: schema,
    prefixItems: schemas,
    allOf: schemas,
    oneOf: schemas,
    not: schema,
    id: value,
    $id: value,
    discriminator: value,
    default: value,
  };
  const entry = fc.oneof(...Object.entries(all).map(([name, arbitrary]) => fc.tuple(fc.constant(name), arbitrary)));
  return fc.array(entry, { maxLength: 5 }).map((entries) => Object.fromEntries(entries) as unknown);
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof OpenApiError || error instanceof ProviderError) return undefined;
    throw error;
  }
}
