import { SharedPool, type PlaceHolder } from './shared-pool.js';

const holder = (key: string, tenant = 'acme', source?: string): PlaceHolder => ({ key, tenant, source });

describe('SharedPool', () => {
  let pool: SharedPool;
  beforeEach(() => (pool = new SharedPool(40, { principal: 25, tenant: 50, unverified: 20 })));

  /** Takes places until one is refused. */
  function takeAll(next: (index: number) => PlaceHolder): { readonly taken: number; readonly refusal?: string } {
    for (let taken = 0; taken < 1_000; taken += 1) {
      const refusal = pool.refusal(next(taken));
      if (refusal !== undefined) return { taken, refusal };
      pool.take(next(taken));
    }
    return { taken: 1_000 };
  }

  it('gives one principal its share, and others still get places', () => {
    expect(takeAll(() => holder('alice'))).toEqual({ taken: 10, refusal: 'principal' });
    expect(pool.refusal(holder('bob'))).toBeUndefined();
  });

  it('gives one tenant its share, and others still get places', () => {
    expect(takeAll((index) => holder(`user-${index}`))).toEqual({ taken: 20, refusal: 'tenant' });
    expect(pool.refusal(holder('carol', 'globex'))).toBeUndefined();
  });

  it('gives all unverified principals a small part, and one address a part of that', () => {
    expect(takeAll((index) => holder(`token-${index}`, 'acme', '192.0.2.1'))).toEqual({
      taken: 2,
      refusal: 'address',
    });
    expect(takeAll((index) => holder(`t-${index}`, 'acme', `192.0.2.${index + 2}`))).toEqual({
      taken: 6,
      refusal: 'unverified',
    });
    expect(takeAll(() => holder('alice'))).toEqual({ taken: 10, refusal: 'principal' });
  });

  it('is full for everybody when all places are taken', () => {
    expect(takeAll((index) => holder(`user-${index}`, `tenant-${index}`))).toEqual({ taken: 40, refusal: 'full' });
    pool.release(holder('user-7', 'tenant-7'));
    expect(pool.taken).toBe(39);
    expect(pool.refusal(holder('alice'))).toBeUndefined();
  });

  it('gives a share back with the place, and counts what was taken in spite of a refusal', () => {
    takeAll(() => holder('alice'));
    pool.take(holder('alice'));
    pool.release(holder('alice'));
    expect(pool.refusal(holder('alice'))).toBe('principal');
    pool.release(holder('alice'));
    expect(pool.refusal(holder('alice'))).toBeUndefined();
  });

  it('gives everybody at least one place, however small it is', () => {
    pool = new SharedPool(2, { principal: 1, tenant: 1, unverified: 1 });
    expect(takeAll(() => holder('alice'))).toEqual({ taken: 1, refusal: 'principal' });
    expect(takeAll(() => holder('x', 'acme', '192.0.2.1'))).toEqual({ taken: 1, refusal: 'address' });
  });
});
