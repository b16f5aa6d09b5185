import { tupleKey } from './tuple-key.js';

describe('tupleKey', () => {
  it('is the JSON of the list', () => {
    expect(tupleKey('acme', 'a "b"', 1, undefined)).toBe('["acme","a \\"b\\"",1,null]');
  });

  it('differs where the values do, whatever signs they have', () => {
    const keys = [
      tupleKey('a,b'),
      tupleKey('a', 'b'),
      tupleKey('a","b'),
      tupleKey('a', 'b', ''),
      tupleKey('1'),
      tupleKey(1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
