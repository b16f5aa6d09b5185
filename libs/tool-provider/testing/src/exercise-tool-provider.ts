import { principalKey, type Principal } from '@manifold/auth';
import { openCall, type Progress } from '../../src/call-context.js';
import { ProviderError, type ProviderErrorCode } from '../../src/provider-error.js';
import { type ToolDescriptor, type ToolProvider } from '../../src/tool-provider.js';

/** A tool of the provider's fixture, with arguments that it accepts (or refuses, where that is what it is for). */
export interface FixtureCall {
  readonly app: string;
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** A started provider with a real upstream behind it. */
export interface ProviderFixture {
  readonly provider: ToolProvider;
  /** A tool whose result shows on whose behalf it ran. */
  readonly identity: FixtureCall;
  /** Returns the text that the result of `identity` must contain for this user, and for no other. */
  markOf(principal: Principal): string;
  /** A tool that runs for at least ten seconds and reports progress meanwhile, where the upstream can. */
  readonly slow: FixtureCall;
  /** Resolves when the upstream has the next slow call. Asked before it is sent. */
  slowArrived(): Promise<unknown>;
  /** Resolves when the upstream has noticed that a slow call was given up. */
  abortSeen(): Promise<unknown>;
  /** One call for each way in which the upstream fails. */
  readonly failures: readonly {
    readonly title: string;
    readonly call: FixtureCall;
    readonly code: ProviderErrorCode;
  }[];
  /** Secrets in play: none may turn up in an error. */
  readonly canaries: readonly string[];
  stop(): Promise<void>;
}

export interface ProviderHarness {
  readonly reportsProgress: boolean;
  start(users: readonly Principal[]): Promise<ProviderFixture>;
  /** The same provider in front of an upstream that cannot be reached. Must not throw. */
  startUnreachable(): Promise<Pick<ProviderFixture, 'provider' | 'stop'>>;
}

export function fixturePrincipal(subject: string, issuer = 'https://issuer.test'): Principal {
  const tenant = 'default';
  return { key: principalKey(tenant, issuer, subject), tenant, issuer, subject, roles: ['user'], method: 'jwt' };
}

/** The contract of ToolProvider as tests. Every provider runs all of them. */
export function exerciseToolProvider(name: string, harness: ProviderHarness): void {
  const alice = fixturePrincipal('alice');
  const bob = fixturePrincipal('bob');

  describe(`${name} keeps the contract of ToolProvider`, () => {
    let fixture: ProviderFixture;

    beforeAll(async () => {
      fixture = await harness.start([alice, bob]);
    });
    afterAll(() => fixture?.stop());

    const open = (principal = alice, options: { timeoutMs?: number; onProgress?: (progress: Progress) => void } = {}) =>
      openCall({
        principal,
        requestId: 'contract-suite',
        timeoutMs: options.timeoutMs ?? 500_000,
        onProgress: options.onProgress,
      });

    const list = async (principal = alice): Promise<readonly ToolDescriptor[]> => {
      const call = open(principal);
      try {
        return await fixture.provider.listTools(call.context);
      } finally {
        call.close();
      }
    };

    const find = async ({ app, name: tool }: FixtureCall, principal = alice): Promise<ToolDescriptor> => {
      const found = (await list(principal)).find((descriptor) => descriptor.app === app && descriptor.name === tool);
      if (!found) throw new Error(`The fixture offers no tool ${app}/${tool}`);
      return found;
    };

    const run = async (fixtureCall: FixtureCall, principal = alice, options: Parameters<typeof open>[1] = {}) => {
      const { ref } = await find(fixtureCall, principal);
      const call = open(principal, options);
      return {
        call,
        result: fixture.provider.callTool(ref, fixtureCall.args, call.context).finally(() => call.close()),
      };
    };

    const failureOf = async (result: Promise<unknown>): Promise<ProviderError> => {
      const error = await result.then(
        () => new Error('the call succeeded'),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ProviderError);
      return error as ProviderError;
    };

    it('has a lowercase id', () => {
      expect(fixture.provider.id).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('lists the same tools in the same order each time', async () => {
      const [first, second] = [await list(), await list()];
      expect(first.length).toBeGreaterThan(0);
      expect(second.map(({ app, name: tool }) => [app, tool])).toEqual(first.map(({ app, name: tool }) => [app, tool]));
    });

    it('describes each tool with a name, an app and an object schema', async () => {
      for (const { app, name: tool, publicName, definition } of await list()) {
        expect([app, tool, publicName]).toEqual([
          expect.stringMatching(/./),
          expect.stringMatching(/./),
          expect.stringMatching(/./),
        ]);
        expect(definition).toMatchObject({ name: expect.any(String), inputSchema: { type: 'object' } });
        expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
      }
    });

    it('refuses a reference that it did not give', async () => {
      const call = open();
      const error = await failureOf(fixture.provider.callTool({ app: 'no-such-app', tool: 'none' }, {}, call.context));
      call.close();
      expect(error.message).not.toBe('');
    });

    it('reports each failure of the upstream with its code, in words, without a secret', async () => {
      expect(fixture.failures.length).toBeGreaterThan(0);
      for (const { title, call, code } of fixture.failures) {
        const error = await failureOf((await run(call)).result);
        expect({ title, code: error.code }).toEqual({ title, code });
        expect(error.message).not.toBe('');
        for (const canary of fixture.canaries) expect(`${error.message} ${error.stack}`).not.toContain(canary);
      }
    });

    it('does not start a call that was cancelled before', async () => {
      const { ref } = await find(fixture.slow);
      const call = open();
      call.cancel();
      const error = await failureOf(fixture.provider.callTool(ref, fixture.slow.args, call.context));
      call.close();
      expect(error.code).toBe('cancelled');
    });

    it('ends a call that is cancelled, and lets the upstream know', async () => {
      const arrived = fixture.slowArrived();
      const { call, result } = await run(fixture.slow);
      await arrived;
      const aborted = fixture.abortSeen();
      call.cancel();
      expect((await failureOf(result)).code).toBe('cancelled');
      await aborted;
    });

    it('ends a call at its deadline', async () => {
      const { result } = await run(fixture.slow, alice, { timeoutMs: 300 });
      expect((await failureOf(result)).code).toBe('timeout');
    });

    const growingProgress = async (): Promise<void> => {
      const seen: number[] = [];
      let enough!: () => void;
      const severalSeen = new Promise<void>((resolve) => (enough = resolve));
      const onProgress = ({ progress }: Progress): void => {
        seen.push(progress);
        if (seen.length === 3) enough();
      };
      const { call, result } = await run(fixture.slow, alice, { onProgress });
      await severalSeen;
      const aborted = fixture.abortSeen();
      call.cancel();
      await failureOf(result);
      const atTheEnd = seen.length;
      await aborted;
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen).toHaveLength(atTheEnd);
    };
    if (harness.reportsProgress) it('reports progress that only grows, and none after the end', growingProgress);

    it('never mixes two users who call at the same time', async () => {
      const users = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? alice : bob));
      const results = await Promise.all(
        users.map(async (user) => JSON.stringify(await (await run(fixture.identity, user)).result)),
      );
      results.forEach((text, index) => {
        const [own, other] = index % 2 === 0 ? [alice, bob] : [bob, alice];
        expect(text).toContain(fixture.markOf(own));
        expect(text).not.toContain(fixture.markOf(other));
      });
    });
  });

  describe(`${name} in front of an upstream that cannot be reached`, () => {
    it('starts, lists what it can or says why not, and stops, twice', async () => {
      const { provider, stop } = await harness.startUnreachable();
      const call = openCall({ principal: alice, requestId: 'contract-suite', timeoutMs: 500_000 });
      const outcome = await provider.listTools(call.context).catch((error: unknown) => error);
      call.close();
      expect(Array.isArray(outcome) || outcome instanceof ProviderError).toBe(true);
      await stop();
      await stop();
    });
  });
}
