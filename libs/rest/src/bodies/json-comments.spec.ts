import fc from '../../../../test/support/fuzz.js';
import { plainJson } from './json-comments.js';

describe('JSON with comments', () => {
  it.each<[string, unknown]>([
    ['// first\n{"a":1}', { a: 1 }],
    ['{"a":/* { " */1 // }\r\n}// end', { a: 1 }],
    ['{"a":[1,2,],}', { a: [1, 2] }],
    ['{"a":1, // why\n /* and */ \t}', { a: 1 }],
    [
      '{"url":"https://a.example/*x*/","b":"\\\\",/**/"c":",]\\"//"}',
      { url: 'https://a.example/*x*/', b: '\\', c: ',]"//' },
    ],
    ['[1/**//**/,2]', [1, 2]],
  ])('%j is read', (text, value) => {
    expect(JSON.parse(plainJson(text))).toEqual(value);
  });

  it.each(['{"a":1 /* no end }', '{"a":1 / 2}', '[1,,]', '{"a" "b"}', "{'a':1}", '"//', '[1//]', '1/**/2', '/'])(
    '%j is no more JSON than before',
    (text) => {
      expect(() => JSON.parse(plainJson(text)) as unknown).toThrow(SyntaxError);
    },
  );

  it('leaves JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(2), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        expect(plainJson(json)).toBe(json);
      }),
    );
  });

  it('never throws', () => {
    const piece = fc.constantFrom('/', '*', '"', '\\', ',', '}', ']', '\n', ' ', 'a');
    fc.assert(fc.property(fc.array(piece), (pieces) => void plainJson(pieces.join(''))));
  });
});

it('comments without an end are searched once', () => {
  const text = '/*'.repeat(2_000_000);
  expect(plainJson(text)).toBe(text);
});
