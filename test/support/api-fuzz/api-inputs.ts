import fc from '../fuzz.js';
import { resolved, type ApiDocument, type Operation, type Parameter, type Schema } from './api-document.js';

export interface ApiInput {
  /** The target, as in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Valid values of the tested gateway by property name, so that requests pass the validation. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

/** Texts that have broken parsers, databases, file systems and logs. */
const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\nb\r\nc',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  "' or 1=1 --",
  '$(id)',
  '\ud800',
  '💥',
  'x'.repeat(5000),
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  {},
  [[[]]],
  { $gt: '' },
  { length: -1 },
  { toString: 1, then: 'x' },
];

const oddText = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...ODD_VALUES),
  oddText,
  fc.jsonValue({ maxDepth: 3 }),
);

const BAD_BODIES = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"a":1,"a":2}',
  '{"__proto__":{"admin":true}}',
  '[1e999]',
  `${'['.repeat(70)}${']'.repeat(70)}`,
  '\ufeff{}',
  '{"a":"\\ud800"}',
];
const ODD_SEGMENTS = ['%', '%00', '%2e%2e%2f', '..', '%ff', 'a%2Fb', '%F0%9F%92%A5', 'x'.repeat(300)];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
];

/** Generates requests to one operation: mostly of the right shape with some invalid values, sometimes malformed. */
export function inputsOf(document: ApiDocument, operation: Operation, known: Known): fc.Arbitrary<ApiInput> {
  const { parameters = [], requestBody, path } = operation;
  const of = (place: Parameter['in']) => parameters.filter((parameter) => parameter.in === place);
  const body = requestBody?.content['application/json'];
  return fc
    .record({
      path: fc.record(Object.fromEntries(of('path').map(({ name }) => [name, segment(known[name])]))),
      query: partial(document, of('query'), known),
      headers: partial(document, of('header'), known),
      type: fc.oneof({ weight: 9, arbitrary: fc.constant(TYPES[0]!) }, fc.constantFrom(...TYPES)),
      body: body ? bodies(document, body.schema, known) : fc.constant(undefined),
    })
    .map(({ path: segments, query, headers, type, body: text }) => ({
      target: path.replace(/\{(\w+)\}/g, (_, name: string) => segments[name]!) + search(query),
      headers: { ...printable(headers), ...(text !== undefined && { 'content-type': type }) },
      body: text,
    }));
}

/** Generates a path segment. It is never empty: that would be the path of another route. */
const segment = (known: readonly unknown[] = ['x']): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...known).map(String) },
    { weight: 2, arbitrary: oddText.map((text) => encodeURIComponent(wellFormed(text) || ' ')) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
  );

function partial(document: ApiDocument, parameters: readonly Parameter[], known: Known) {
  const values = parameters.map(({ name, schema }) => [name, valueOf(document, schema, name, known)] as const);
  return fc.record(Object.fromEntries(values), { requiredKeys: [] });
}

function search(query: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(textOf(value))}`);
  return texts.length === 0 ? '' : `?${texts.join('&')}`;
}

/** Removes characters that Node cannot send in headers. */
const printable = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, textOf(value).replace(/[^\x20-\x7e\xa0-\xff]/g, '')]),
  );

const textOf = (value: unknown): string => wellFormed(typeof value === 'string' ? value : JSON.stringify(value));

/** Replaces lone surrogates, which have no UTF-8. */
const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '\ufffd');

const bodies = (document: ApiDocument, schema: Schema, known: Known): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: valueOf(document, schema, '', known).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_BODIES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );

function valueOf(document: ApiDocument, given: Schema, name: string, known: Known): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 11, arbitrary: fittingOf(document, resolved(document, given), name, known) },
    { weight: 1, arbitrary: odd },
  );
}

function fittingOf(document: ApiDocument, schema: Schema, name: string, known: Known): fc.Arbitrary<unknown> {
  const values = known[name];
  if (values) return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...values) }, oddText);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices) return fc.oneof(...choices.map((choice) => valueOf(document, choice, name, known)));
  switch (schema.type) {
    case 'object':
      return objectOf(document, schema, known);
    case 'array':
      return fc.array(valueOf(document, schema.items ?? {}, name, known), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.integer({ min: (schema.minimum ?? -5) - 1, max: (schema.maximum ?? 100_000) + 1 });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(fc.string({ maxLength: 20 }), oddText);
    default:
      return odd;
  }
}

/** Generates an object. Nine of ten have all required fields, and there may be unknown fields. */
function objectOf(document: ApiDocument, schema: Schema, known: Known): fc.Arbitrary<unknown> {
  const entries = Object.entries(schema.properties ?? {});
  const fields = Object.fromEntries(entries.map(([key, value]) => [key, valueOf(document, value, key, known)]));
  const whole = fc.record(fields, { requiredKeys: [...(schema.required ?? [])].filter((key) => key in fields) });
  const { additionalProperties: more } = schema;
  const free =
    more === undefined || more === false
      ? fc.constant({})
      : fc.dictionary(
          fc.oneof(fc.string({ maxLength: 10 }), oddText),
          more === true ? odd : valueOf(document, more, '', known),
          { maxKeys: 4 },
        );
  return fc.oneof(
    { weight: 9, arbitrary: fc.tuple(free, whole).map(([extra, value]): object => ({ ...extra, ...value })) },
    {
      weight: 1,
      arbitrary: fc.record(fields, { requiredKeys: [] }).map((value): object => ({ ...value, surprise: 1 })),
    },
  );
}
