import { createHash } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { BusModule } from '@manifold/bus';
import { ConfigModule } from '@manifold/config';
import { SecretsModule } from '@manifold/secrets';
import { StoreModule } from '@manifold/store';
import { temporaryStore, type OpenStore } from '@manifold/store/testing';
import { ArgumentsDigest, canonicalJson } from './arguments-digest.js';

const modules: TestingModule[] = [];

async function started({ config }: OpenStore): Promise<ArgumentsDigest> {
  const imports = [ConfigModule.forRoot(config), BusModule, StoreModule, SecretsModule];
  const module = await Test.createTestingModule({ imports, providers: [ArgumentsDigest] }).compile();
  await module.init();
  modules.push(module);
  return module.get(ArgumentsDigest);
}

afterEach(() => Promise.all(modules.splice(0).map((module) => module.close())));

describe('ArgumentsDigest', () => {
  it('is equal for equal arguments in any order of members, in every process of an installation', async () => {
    const opened = await temporaryStore();
    const [one, two] = [await started(opened), await started(opened)];
    const hash = one.of({ to: 'a', deep: { x: 1, y: [true, null] } });
    expect(hash).toMatch(/^[\w-]{43}$/);
    expect(two.of({ deep: { y: [true, null], x: 1 }, to: 'a' })).toBe(hash);
    expect(one.of({ to: 'b', deep: { x: 1, y: [true, null] } })).not.toBe(hash);
    await opened.close();
  });

  it('cannot be tried out by those who read the database, and differs between installations', async () => {
    const [first, second] = [await temporaryStore(), await temporaryStore()];
    const hash = (await started(first)).of({});
    expect(hash).not.toBe(createHash('sha256').update('{}').digest('base64url'));
    expect(hash).not.toBe((await started(second)).of({}));
    await Promise.all([first.close(), second.close()]);
  });

  it('says when it has seen only the beginning of very long arguments', async () => {
    const opened = await temporaryStore();
    const digest = await started(opened);
    expect(digest.of({ text: 'x'.repeat(300_000) })).toMatch(/^partial:[\w-]{43}$/);
    await opened.close();
  });
});

describe('canonicalJson', () => {
  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, { a: 'null' }],
    [['a,b'], ['a', 'b']],
    [{ a: {}, b: 1 }, { a: { b: 1 } }],
    [[], {}],
  ])('tells %j from %j', (one, other) => {
    expect(canonicalJson(one, 1_000).text).not.toBe(canonicalJson(other, 1_000).text);
  });
});
