import { createCipheriv, randomBytes } from 'node:crypto';
import { seal, unseal } from './sealing.js';

const key = randomBytes(32);
const plain = Buffer.from('a token, ünïcode 😀');
const context = ['tenant', 'issuer', 'subject', 'app', 'name', 'key'];

describe('sealing', () => {
  it('opens what it sealed', () => {
    expect(unseal(key, seal(key, plain, context), context)).toEqual(plain);
    expect(unseal(key, seal(key, Buffer.alloc(0), []), [])).toEqual(Buffer.alloc(0));
  });

  it('gives no two sealed texts the same IV', () => {
    const ivs = Array.from({ length: 1000 }, () => seal(key, plain, context).slice(0, 16));
    expect(new Set(ivs).size).toBe(1000);
  });

  it('does not open under another key', () => {
    expect(() => unseal(randomBytes(32), seal(key, plain, context), context)).toThrow();
  });

  it.each(context.map((_, index) => index))('does not open with another context at position %i', (index) => {
    const other = context.with(index, 'other');
    expect(() => unseal(key, seal(key, plain, context), other)).toThrow();
  });

  it('tells contexts apart whose texts run together', () => {
    const sealed = seal(key, plain, ['a', 'b.c']);
    for (const other of [['a.b', 'c'], ['a', 'b', 'c'], ['a","b.c'], ['a', 'b.c', '']]) {
      expect(() => unseal(key, sealed, other)).toThrow();
    }
  });

  it('does not open what was changed in any byte or cut off at any length', () => {
    const bytes = Buffer.from(seal(key, plain, context), 'base64');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] ^= 1;
      expect(() => unseal(key, changed.toString('base64'), context)).toThrow();
      expect(() => unseal(key, bytes.subarray(0, index).toString('base64'), context)).toThrow();
    }
  });

  it('does not open what carries a tag of four bytes', () => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 4 });
    cipher.setAAD(Buffer.from(JSON.stringify(context)));
    const bytes = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    expect(() => unseal(key, bytes.toString('base64'), context)).toThrow();
  });

  it.each(['', 'AAAA', 'no base64: é', 'A'.repeat(36)])('throws for the text %j', (text) => {
    expect(() => unseal(key, text, context)).toThrow();
  });
});
