import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { Principal } from '@manifold/auth';
import type { ToolDescriptor } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { collectGarbage, heapGrowth, report } from '../../../../test/support/measuring/measures.js';
import type { Catalogue } from '../../src/catalogue/catalogue.js';
import { AnnouncingProvider, SilentProvider, startRegistry, tool } from './index.js';

/** Tools of about 500 bytes each; no two of these arrays share anything. */
const toolsOf = (owner: string, count: number): ToolDescriptor[] =>
  Array.from({ length: count }, (_, index) => {
    const plain = tool(`TOOL_${index}`);
    return { ...plain, definition: { ...plain.definition, description: `${owner} ${index} `.padEnd(400, '.') } };
  });

const usersOf = (count: number): Principal[] =>
  Array.from({ length: count }, (_, index) => fixturePrincipal(`user-${index}`));

/** 800 users who are answered the same 1,000 tools. */
async function sharedListing(): Promise<{ bytesPerUser: number }> {
  const shared = toolsOf('all', 1_000);
  const { registry, catalogue, stop } = startRegistry(new SilentProvider(async () => shared));
  const first = await catalogue(fixturePrincipal('first'));
  const users = usersOf(800);
  const growth = await heapGrowth(async () => {
    for (const user of users) {
      assert.equal(await catalogue(user), first);
      registry.onToolsChanged(user, () => undefined);
    }
  });
  assert.equal((await catalogue(users[0]!)).tools.length, 1_000);
  stop();
  return { bytesPerUser: growth / users.length };
}

/** 1,000 users with 300 tools of their own, of whom the first calls all the time. @returns also the users whose listing was forgotten */
async function ownListings(): Promise<Record<string, number>> {
  const asked = new Set<string>();
  const provider = new SilentProvider(async ({ principal: { subject } }) => {
    asked.add(subject);
    return toolsOf(subject, 300);
  });
  const { catalogue, stop } = startRegistry(provider);
  const users = usersOf(1_000);
  const bytes = await heapGrowth(async () => {
    for (const user of users) {
      await catalogue(user);
      await catalogue(users[0]!);
      provider.asked.length = 0;
    }
  });
  asked.clear();
  for (const index of [0, 1, 300, 600, 999]) await catalogue(users[index]!);
  stop();
  return { bytes, ...Object.fromEntries([...asked].map((subject) => [subject, 1])) };
}

/** A listing that a change overtakes while it is made. */
async function overtakenListing(): Promise<{ left: number }> {
  let answer: (tools: ToolDescriptor[]) => void = () => undefined;
  const provider = new AnnouncingProvider(() => new Promise((resolve) => (answer = resolve)));
  const { catalogue } = startRegistry(provider);
  const [alice] = usersOf(1) as [Principal];
  const overtaken = async (): Promise<WeakRef<Catalogue>> => {
    const early = catalogue(alice);
    await new Promise(setImmediate);
    provider.announce();
    answer(toolsOf('old', 10));
    assert.equal((await early).tools.length, 10);
    return new WeakRef(await early);
  };
  const seen = await overtaken();
  await collectGarbage();
  return { left: Number(seen.deref() !== undefined) };
}

/** A listing, and its catalogue, that a newer one has replaced. */
async function replacedListing(): Promise<{ left: number }> {
  const provider = new AnnouncingProvider(async () => toolsOf('old', 10));
  const { catalogue, registry, names, stop } = startRegistry(provider);
  const [alice, bob] = usersOf(2) as [Principal, Principal];
  registry.onToolsChanged(alice, () => undefined);
  const seen = new WeakRef(await catalogue(alice));
  await catalogue(bob);
  provider.answer = async () => toolsOf('new', 11);
  provider.announce();
  assert.equal((await names(alice)).length, 11);
  assert.equal((await names(bob)).length, 11);
  await collectGarbage();
  const left = Number(seen.deref() !== undefined);
  stop();
  return { left };
}

const measures: Record<string, () => Promise<Record<string, number>>> = {
  sharedListing,
  ownListings,
  overtakenListing,
  replacedListing,
};
report(await measures[process.argv[2]!]!());
