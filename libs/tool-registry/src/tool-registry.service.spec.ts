import { SingleBus } from '@manifold/bus';
import { Metrics } from '@manifold/metrics';
import type { Principal } from '@manifold/auth';
import {
  openCall,
  type AppState,
  ProviderError,
  ToolProviders,
  type CallContext,
  type ToolDescriptor,
  type ToolProvider,
  type ToolResult,
} from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { newRegistry, startRegistry } from '../testing/src/start-registry.js';
import type { ToolRegistry } from './tool-registry.service.js';
import { EVERYTHING } from './catalogue/view.js';
import { UnknownToolError } from './calls/unknown-tool.error.js';

/** A backend in memory: what it lists and answers is set by the test, and it counts how often it is asked. */
class MemoryProvider implements ToolProvider {
  listings = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly id: string,
    public tools: (principal: Principal) => Promise<string[]>,
    readonly call: (tool: string, args: unknown, context: CallContext) => Promise<ToolResult> = (tool, args) =>
      Promise.resolve({ content: [{ type: 'text', text: `${tool} ${JSON.stringify(args)}` }] }),
  ) {}

  async listTools({ principal }: CallContext): Promise<ToolDescriptor[]> {
    this.listings += 1;
    const names = await this.tools(principal);
    return names.map((name) => ({
      ref: { name },
      app: this.id,
      name,
      publicName: `${this.id}_${name}`,
      definition: { name, inputSchema: { type: 'object' }, 'x-unknown': { kept: true } },
    }));
  }

  callTool(ref: { name: string }, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    return this.call(ref.name, args, context);
  }

  onToolsChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(): void {
    for (const listener of this.listeners) listener();
  }

  describeApp(app: string): Promise<AppState | undefined> {
    const states: Record<string, AppState> = {
      starting: { enabled: true, unavailable: 'it is starting', untilListed: async () => this.change() },
      sleeping: { enabled: false },
      broken: { enabled: true, unavailable: 'exit code 1' },
    };
    return Promise.resolve(states[app]);
  }
}

const alice = fixturePrincipal('alice');
const bob = fixturePrincipal('bob');
const contextOf = (principal: Principal = alice): CallContext => {
  const call = openCall({ principal, requestId: 'registry-spec', timeoutMs: 1_000 });
  call.close();
  return call.context;
};

const registryOf = (...providers: ToolProvider[]): ToolRegistry => startRegistry(...providers).registry;
const namesOf = async (registry: ToolRegistry, principal = alice): Promise<string[]> =>
  (await registry.list(contextOf(principal))).tools.map((tool) => tool.publicName);

describe('ToolRegistry', () => {
  it('keeps a caller who is confined to one provider away from all others', async () => {
    const others = new MemoryProvider('one', async () => ['a']);
    const registry = registryOf(others, new MemoryProvider('two', async () => ['b']));
    const confined = { ...fixturePrincipal('stranger'), confinedTo: 'two' };
    expect(await namesOf(registry, confined)).toEqual(['two_b']);
    expect(others.listings).toBe(0);
    await expect(registry.call('one_a', {}, contextOf(confined), EVERYTHING)).rejects.toThrow(UnknownToolError);
    await expect(registry.callInApp('one', 'a', {}, contextOf(confined))).rejects.toMatchObject({ reason: 'unknown' });
    expect(await namesOf(registry)).toEqual(['one_a', 'two_b']);
  });

  it('lists the tools of all providers, in order, with unknown fields', async () => {
    const registry = registryOf(
      new MemoryProvider('one', async () => ['b', 'a']),
      new MemoryProvider('two', async () => ['c']),
    );
    expect(await namesOf(registry)).toEqual(['one_b', 'one_a', 'two_c']);
    expect(JSON.parse(String((await registry.list(contextOf())).jsonFor()))[0]).toEqual({
      name: 'one_b',
      inputSchema: { type: 'object' },
      'x-unknown': { kept: true },
    });
  });

  it("lists the other providers' tools when one is down, and asks it again later", async () => {
    let up = false;
    const flaky = new MemoryProvider('flaky', () =>
      up ? Promise.resolve(['t']) : Promise.reject(new ProviderError('upstream_unavailable', 'down')),
    );
    const registry = registryOf(flaky, new MemoryProvider('good', async () => ['a']));
    expect(await namesOf(registry)).toEqual(['good_a']);
    up = true;
    flaky.change();
    expect(await namesOf(registry)).toEqual(['flaky_t', 'good_a']);
  });

  it('asks a provider once for many who wait, and not at all while nothing changes', async () => {
    const provider = new MemoryProvider('one', async () => ['a']);
    const registry = registryOf(provider);
    await Promise.all(Array.from({ length: 100 }, () => registry.list(contextOf())));
    await registry.list(contextOf());
    expect(provider.listings).toBe(1);
  });

  it('hands out one catalogue object as long as nothing changes', async () => {
    const registry = registryOf(new MemoryProvider('one', async () => ['a']));
    expect(await registry.list(contextOf())).toBe(await registry.list(contextOf()));
  });

  it("never shows one user another user's listing", async () => {
    const provider = new MemoryProvider('one', async ({ subject }) => [`for_${subject}`]);
    const registry = registryOf(provider);
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, index) => namesOf(registry, index % 2 === 0 ? alice : bob)),
    );
    seen.forEach((names, index) => expect(names).toEqual([index % 2 === 0 ? 'one_for_alice' : 'one_for_bob']));
    await expect(registry.call('one_for_bob', {}, contextOf(alice), EVERYTHING)).rejects.toThrow(UnknownToolError);
  });

  it('does not keep a listing that was overtaken by a change', async () => {
    let release!: (names: string[]) => void;
    const provider = new MemoryProvider('one', () => new Promise((resolve) => (release = resolve)));
    const registry = registryOf(provider);
    const early = namesOf(registry);
    await new Promise(setImmediate);
    const releaseEarly = release;
    provider.tools = async () => ['new'];
    provider.change();
    expect(await namesOf(registry)).toEqual(['one_new']);
    releaseEarly(['old']);
    await early;
    expect(await namesOf(registry)).toEqual(['one_new']);
  });

  it('runs a tool by its public name and by its app', async () => {
    const registry = registryOf(new MemoryProvider('one', async () => ['a']));
    const expected = { content: [{ type: 'text', text: 'a {"x":1}' }] };
    expect(await registry.call('one_a', { x: 1 }, contextOf(), EVERYTHING)).toEqual(expected);
    expect(await registry.callInApp('one', 'a', { x: 1 }, contextOf())).toEqual(expected);
  });

  it.each([
    ['nobody', 'unknown', 'Server nobody not found'],
    ['sleeping', 'disabled', 'Server sleeping is disabled'],
    ['broken', 'unavailable', 'Server broken is not available: exit code 1'],
  ])('says why a tool of %s cannot be run: %s', async (app, reason, message) => {
    const registry = registryOf(new MemoryProvider('one', async () => ['a']));
    await expect(registry.callInApp(app, 'a', {}, contextOf())).rejects.toMatchObject({ reason, message });
  });

  it('looks up a tool again when its app has started', async () => {
    let tools: string[] = [];
    const starting = new MemoryProvider('starting', async () => tools);
    const registry = registryOf(starting);
    await expect(registry.callInApp('starting', 'a', {}, contextOf())).rejects.toMatchObject({ reason: 'unavailable' });
    tools = ['a'];
    expect(await registry.callInApp('starting', 'a', {}, contextOf())).toMatchObject({ content: [{ text: 'a {}' }] });
  });

  it('does not let out what a provider throws against its contract', async () => {
    const broken = new MemoryProvider(
      'one',
      async () => ['a'],
      () => Promise.reject(new Error('password=hunter2')),
    );
    const failure = await registryOf(broken)
      .call('one_a', {}, contextOf(), EVERYTHING)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProviderError);
    expect((failure as ProviderError).message).not.toContain('hunter2');
  });

  it('counts each call with its outcome', async () => {
    const metrics = new Metrics();
    const provider = new MemoryProvider(
      'one',
      async () => ['a', 'bad', 'gone'],
      async (tool) => {
        if (tool === 'gone') throw new ProviderError('upstream_unavailable', 'gone');
        return { content: [], isError: tool === 'bad' };
      },
    );
    const registry = newRegistry(new SingleBus(), metrics, [provider]);
    await registry.call('one_a', {}, contextOf(), EVERYTHING);
    await registry.call('one_bad', {}, contextOf(), EVERYTHING);
    await registry.call('one_gone', {}, contextOf(), EVERYTHING).catch(() => undefined);
    const text = await metrics.text();
    for (const outcome of ['ok', 'tool_error', 'upstream_unavailable']) {
      expect(text).toContain(`manifold_tool_calls_total{provider="one",app="one",outcome="${outcome}"} 1`);
    }
  });

  it('refuses two providers with one id', () => {
    const provider = new MemoryProvider('one', async () => []);
    expect(() => new ToolProviders([provider, provider])).toThrow('Two tool providers have the id "one"');
  });
});
