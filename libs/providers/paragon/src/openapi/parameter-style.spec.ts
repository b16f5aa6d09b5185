import { ProviderError } from '@manifold/tool-provider';
import fc from '../../../../../test/support/fuzz.js';
import { headerText, pathText, queryPairs } from './parameter-style.js';
import type { Parameter, ParameterPlace } from './parameters.js';

const parameter = (place: ParameterPlace, style: string, explode = false, name = 'color'): Parameter => ({
  ...{ name, place, key: name, style, explode, json: false },
});
const query = (style: string, explode: boolean, value: unknown, name?: string): string =>
  queryPairs(parameter('query', style, explode, name), value).join('&');
const path = (style: string, explode: boolean, value: unknown): string =>
  pathText(parameter('path', style, explode), value);

const LIST = ['blue', 'black', 'a,b&c'];
const OBJECT = { R: 100, 'G=': 'a b' };

describe('the styles of parameters', () => {
  it.each([
    ['simple', false, 'blue', 'blue'],
    ['simple', false, LIST, 'blue,black,a%2Cb%26c'],
    ['simple', true, LIST, 'blue,black,a%2Cb%26c'],
    ['simple', false, OBJECT, 'R,100,G%3D,a%20b'],
    ['simple', true, OBJECT, 'R=100,G%3D=a%20b'],
    ['label', false, 'blue', '.blue'],
    ['label', false, LIST, '.blue,black,a%2Cb%26c'],
    ['label', true, LIST, '.blue.black.a%2Cb%26c'],
    ['label', false, OBJECT, '.R,100,G%3D,a%20b'],
    ['label', true, OBJECT, '.R=100.G%3D=a%20b'],
    ['matrix', false, 'blue', ';color=blue'],
    ['matrix', true, 'blue', ';color=blue'],
    ['matrix', false, LIST, ';color=blue,black,a%2Cb%26c'],
    ['matrix', true, LIST, ';color=blue;color=black;color=a%2Cb%26c'],
    ['matrix', false, OBJECT, ';color=R,100,G%3D,a%20b'],
    ['matrix', true, OBJECT, ';R=100;G%3D=a%20b'],
  ])('writes %s (explode %s) of %j into a path as %s', (style, explode, value, expected) => {
    expect(path(style, explode, value)).toBe(expected);
  });

  it.each([
    ['form', true, 'a b&c=d', 'color=a%20b%26c%3Dd'],
    ['form', true, '', 'color='],
    ['form', true, 0, 'color=0'],
    ['form', true, false, 'color=false'],
    ['form', true, LIST, 'color=blue&color=black&color=a%2Cb%26c'],
    ['form', false, LIST, 'color=blue,black,a%2Cb%26c'],
    ['form', true, OBJECT, 'R=100&G%3D=a%20b'],
    ['form', false, OBJECT, 'color=R,100,G%3D,a%20b'],
    ['form', true, [], ''],
    ['form', false, [], ''],
    ['form', true, {}, ''],
    ['form', false, [0, false, '', null], 'color=0,false,,'],
    ['spaceDelimited', false, LIST, 'color=blue%20black%20a%2Cb%26c'],
    ['spaceDelimited', true, LIST, 'color=blue&color=black&color=a%2Cb%26c'],
    ['pipeDelimited', false, LIST, 'color=blue%7Cblack%7Ca%2Cb%26c'],
    ['pipeDelimited', false, OBJECT, 'color=R%7C100%7CG%3D%7Ca%20b'],
    ['deepObject', true, OBJECT, 'color%5BR%5D=100&color%5BG%3D%5D=a%20b'],
    ['deepObject', true, { a: { b: 1 }, c: [1, 2] }, 'color%5Ba%5D%5Bb%5D=1&color%5Bc%5D%5B%5D=1&color%5Bc%5D%5B%5D=2'],
    ['deepObject', true, 'blue', 'color=blue'],
  ])('writes %s (explode %s) of %j into a query as %j', (style, explode, value, expected) => {
    expect(query(style, explode, value)).toBe(expected);
  });

  it('encodes the names of query parameters', () => {
    expect(query('form', true, 1, 'filter[a b]&c')).toBe('filter%5Ba%20b%5D%26c=1');
  });

  it('writes the value of a parameter with content as JSON', () => {
    const json = { ...parameter('query', 'form', true), json: true };
    expect(queryPairs(json, { a: [1, { b: 'é&' }] })).toEqual([
      'color=%7B%22a%22%3A%5B1%2C%7B%22b%22%3A%22%C3%A9%26%22%7D%5D%7D',
    ]);
    expect(pathText({ ...json, place: 'path' }, [1])).toBe('%5B1%5D');
    expect(headerText({ ...json, place: 'header' }, { a: 1 })).toBe('{"a":1}');
  });

  it.each([
    [false, 'blue', 'blue'],
    [false, LIST, 'blue,black,a,b&c'],
    [true, { R: 100, G: 200 }, 'R=100,G=200'],
    [false, { R: 100, G: 200 }, 'R,100,G,200'],
    [false, 0, '0'],
    [false, '', ''],
  ])('writes a header (explode %s) of %j as %j', (explode, value, expected) => {
    expect(headerText(parameter('header', 'simple', explode), value)).toBe(expected);
  });

  it.each(['a\r\nX-Paragon-Credential: b', 'a\n', '\0', '日本', '\x7f', ['a', 'b\r'], { a: '\n' }, { '\n': 'a' }])(
    'does not write %j into a header',
    (value) => {
      expect(() => headerText(parameter('header', 'simple'), value)).toThrow(ProviderError);
    },
  );

  it.each([
    ['form', true, [[1]]],
    ['form', true, { a: {} }],
    ['form', false, [{ a: 1 }]],
    ['pipeDelimited', false, [[1]]],
  ])('does not write %s (explode %s) of %j, which is nested too deep', (style, explode, value) => {
    expect(() => query(style, explode, value)).toThrow(ProviderError);
  });

  it('refuses half a character', () => {
    expect(() => query('form', true, '\ud800')).toThrow(ProviderError);
    expect(() => path('simple', false, ['\udc00'])).toThrow(ProviderError);
  });

  const text = fc.string({ unit: 'grapheme' });

  it('writes any text so that a server reads the same text', () => {
    fc.assert(
      fc.property(text, text, (name, value) => {
        const read = [...new URLSearchParams(query('form', true, value, name))];
        expect(read).toEqual([[name, value]]);
        expect(decodeURIComponent(path('simple', false, value))).toBe(value);
      }),
    );
  });

  it('writes any list so that a server reads the same list', () => {
    const delimited = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' };
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (list) => {
        expect(new URLSearchParams(query('form', true, list)).getAll('color')).toEqual(list);
        expect(path('simple', false, list).split(',').map(decodeURIComponent)).toEqual(list);
        expect(query('form', false, list).slice('color='.length).split(',').map(decodeURIComponent)).toEqual(list);
        for (const [style, delimiter] of Object.entries(delimited)) {
          const plain = list.map((item) => item.replaceAll(/[ |]/g, '_'));
          const written = query(style, false, plain).slice('color='.length);
          expect(written.split(delimiter).map(decodeURIComponent)).toEqual(plain);
        }
      }),
    );
  });

  it('writes any object so that a server reads the same object', () => {
    const object = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { minKeys: 1 });
    fc.assert(
      fc.property(object, (value) => {
        const texts = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
        expect(Object.fromEntries(new URLSearchParams(query('form', true, value)))).toEqual(texts);
        const deep = [...new URLSearchParams(query('deepObject', true, value))];
        expect(deep).toEqual(Object.entries(texts).map(([key, item]) => [`color[${key}]`, item]));
        const pairs = path('simple', true, value)
          .split(',')
          .map((pair) => pair.split('=').map(decodeURIComponent));
        expect(Object.fromEntries(pairs)).toEqual(texts);
      }),
    );
  });

  it('never writes a header that ends a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        try {
          expect(headerText(parameter('header', 'simple'), value)).not.toMatch(/[\r\n\0]/);
        } catch (error) {
          expect(error).toBeInstanceOf(ProviderError);
        }
      }),
    );
  });
});
