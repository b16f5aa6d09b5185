import type { Principal } from '@manifold/auth';
import type { ToolDescriptor } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import type { Catalogue } from './catalogue.js';
import {
  AnnouncingProvider,
  growthOfEach,
  heapUsed,
  SilentProvider,
  startRegistry,
  tool,
} from '../testing/src/index.js';

const KB = 1024;
const MB = 1024 * KB;

/** Tools of about 500 bytes each; no two of these arrays share anything. */
const toolsOf = (owner: string, count: number): ToolDescriptor[] =>
  Array.from({ length: count }, (_, index) => {
    const plain = tool(`TOOL_${index}`);
    return { ...plain, definition: { ...plain.definition, description: `${owner} ${index} `.padEnd(400, '.') } };
  });

const usersOf = (count: number): Principal[] =>
  Array.from({ length: count }, (_, index) => fixturePrincipal(`user-${index}`));

describe('the memory of listings', () => {
  it('is far below 40 KB for each of 800 users with 1,000 tools who are answered the same array', async () => {
    const shared = toolsOf('all', 1_000);
    const { registry, catalogue } = startRegistry(new SilentProvider(async () => shared));
    const first = await catalogue(fixturePrincipal('first'));
    const users = usersOf(800);
    const perUser = await growthOfEach(users.length, async (index) => {
      expect(await catalogue(users[index]!)).toBe(first);
      registry.onToolsChanged(users[index]!, () => undefined);
    });
    expect(perUser).toBeLessThan(4 * KB);
    expect((await catalogue(users[0]!)).tools).toHaveLength(1_000);
  });

  it('is bounded for 1,000 users with 300 tools of their own: who has not called for longest goes first', async () => {
    const asked = new Set<string>();
    const provider = new SilentProvider(async ({ principal: { subject } }) => {
      asked.add(subject);
      return toolsOf(subject, 300);
    });
    const { catalogue } = startRegistry(provider);
    const users = usersOf(1_000);
    const before = await heapUsed();
    for (const user of users) {
      await catalogue(user);
      await catalogue(users[0]!);
      provider.asked.length = 0;
    }
    expect((await heapUsed()) - before).toBeLessThan(390 * MB);
    asked.clear();
    for (const index of [0, 1, 300, 600, 999]) await catalogue(users[index]!);
    expect([...asked]).toEqual(['user-1', 'user-300']);
  }, 90_000);

  it('of a listing that a change has overtaken is free again when those who asked for it have it', async () => {
    let answer: (tools: ToolDescriptor[]) => void = () => undefined;
    const provider = new AnnouncingProvider(() => new Promise((resolve) => (answer = resolve)));
    const { catalogue } = startRegistry(provider);
    const [alice] = usersOf(1) as [Principal];
    const overtaken = async (): Promise<WeakRef<Catalogue>> => {
      const early = catalogue(alice);
      await new Promise(setImmediate);
      provider.announce();
      answer(toolsOf('old', 10));
      expect((await early).tools).toHaveLength(10);
      return new WeakRef(await early);
    };
    const seen = await overtaken();
    await heapUsed();
    expect(seen.deref()).toBeUndefined();
  });

  it('of a listing that has changed is free again, and so is that of its catalogue', async () => {
    const provider = new AnnouncingProvider(async () => toolsOf('old', 10));
    const { catalogue, registry, names } = startRegistry(provider);
    const [alice, bob] = usersOf(2) as [Principal, Principal];
    registry.onToolsChanged(alice, () => undefined);
    const seen = new WeakRef(await catalogue(alice));
    await catalogue(bob);
    provider.answer = async () => toolsOf('new', 11);
    provider.announce();
    expect(await names(alice)).toHaveLength(11);
    expect(await names(bob)).toHaveLength(11);
    await heapUsed();
    expect(seen.deref()).toBeUndefined();
  });
});
