import { isDeepStrictEqual } from 'node:util';
import fc from '../../../../test/support/fuzz.js';
import { sameValue } from './same-value.js';

describe('sameValue', () => {
  it('finds copies equal, and tells apart what has other JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(sameValue(one, structuredClone(one))).toBe(true);
        expect(sameValue(one, other)).toBe(isDeepStrictEqual(one, other));
      }),
    );
  });

  it.each([
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{}, []],
    [null, {}],
    [['a'], { 0: 'a' }],
    [0, -0],
    ['1', 1],
    [JSON.parse('{"__proto__": {"a": 1}}'), {}],
  ])('tells %j from %j', (one, other) => {
    expect([sameValue(one, other), sameValue(other, one)]).toEqual([false, false]);
  });
});
