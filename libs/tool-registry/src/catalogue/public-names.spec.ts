import fc from '../../../../test/support/fuzz.js';
import { publicNames, type Owned } from './public-names.js';

const owned = (app: string, name: string, publicName = `${app}_${name}`): Owned => ({
  providerId: 'test',
  descriptor: { app, name, publicName },
});

describe('publicNames', () => {
  it('keeps names that fit', () => {
    expect(publicNames([owned('github', 'create_issue'), owned('files', 'read')], 60)).toEqual([
      'github_create_issue',
      'files_read',
    ]);
  });

  it('gives a long name a suffix that depends on nothing but the tool', () => {
    const long = owned('server', 'x'.repeat(100));
    const [alone] = publicNames([long], 60);
    const [, withOthers] = publicNames([owned('a', 'b'), long, owned('server', 'x'.repeat(101))], 60);
    expect(alone).toHaveLength(60);
    expect(withOthers).toBe(alone);
  });

  it('tells servers apart whose names differ only in characters that names may not have', () => {
    const names = publicNames([owned('a.b', 'read'), owned('a-b', 'read'), owned('a@b', 'read')], 60);
    expect(new Set(names).size).toBe(3);
    expect(names[1]).toBe('a-b_read');
  });

  it('lets nobody take over the name of another tool', () => {
    const names = publicNames([owned('a', 'b_c'), owned('a_b', 'c')], 60);
    expect(names).not.toContain('a_b_c');
    expect(new Set(names).size).toBe(2);
  });

  it('tells a tool apart whose own name looks like the suffixed name of another', () => {
    const [suffixed] = publicNames([owned('a', 'b c')], 60);
    const names = publicNames([owned('a', 'b c'), owned('', '', suffixed)], 60);
    expect(new Set(names).size).toBe(2);
  });

  it('is valid and unique for any tools', () => {
    const tools = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 80 }), fc.string({ maxLength: 80 })), {
      selector: (pair) => JSON.stringify(pair),
    });
    fc.assert(
      fc.property(tools, fc.integer({ min: 16, max: 128 }), (pairs, max) => {
        const names = publicNames(
          pairs.map(([app, name]) => owned(app, name)),
          max,
        );
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) {
          expect(name).toMatch(/^[A-Za-z0-9_-]+$/);
          expect(name.length).toBeLessThanOrEqual(max);
        }
      }),
    );
  });
});
